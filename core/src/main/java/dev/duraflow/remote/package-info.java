/**
 * Tasks in other processes: the interface to an engine that places them, and what lets a worker declare the same DAG. The worker
 * itself is {@code dev.duraflow.TaskWorker}.
 */
@NullMarked
package dev.duraflow.remote;

import org.jspecify.annotations.NullMarked;
