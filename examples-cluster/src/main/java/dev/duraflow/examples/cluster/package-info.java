/** The demo on a cluster of processes, and the command that starts a worker. */
@NullMarked
package dev.duraflow.examples.cluster;

import org.jspecify.annotations.NullMarked;
