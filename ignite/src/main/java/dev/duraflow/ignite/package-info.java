/**
 * Tasks in other processes, placed by Apache Ignite: {@link dev.duraflow.ignite.IgniteEngine} where runs are, and {@link
 * dev.duraflow.ignite.IgniteWorker} in server nodes.
 */
@NullMarked
package dev.duraflow.ignite;

import org.jspecify.annotations.NullMarked;
