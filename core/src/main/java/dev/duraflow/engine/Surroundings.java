package dev.duraflow.engine;

import java.util.concurrent.Executor;

/** What the context of a body asks of whoever calls that body: the run itself, or a worker in another process. */
interface Surroundings {
  String runId();

  /** The number within the run of the attempt at a task that is under way. */
  int attempt(String taskId);

  boolean isStopping();

  TaskSteps steps();

  void progressed(String taskId, double fraction, String message);

  Executor executor();
}
