package dev.duraflow.benchmarks;

import dev.duraflow.remote.TaskEngine;

/** Two workers, which are processes, and the engine that places tasks with them. */
interface Grid extends AutoCloseable {
  int WORKERS = 2;

  TaskEngine engine();

  /** What {@link #nanosAlone} measures. */
  String alone();

  /** What a task takes that does nothing and is recorded nowhere, placed by the same means with nothing around them. */
  double nanosAlone(int tasks, int inFlight) throws Exception;

  @Override
  void close();
}
