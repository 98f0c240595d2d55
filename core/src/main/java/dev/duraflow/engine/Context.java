package dev.duraflow.engine;

import dev.duraflow.dag.Body0;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the body of one attempt sees of its run. */
final class Context extends TaskContext {
  private final Surroundings around;
  private final Dag dag;
  private final String taskId;
  private volatile boolean over;

  /** @param dag the one that the task is in */
  Context(Surroundings around, Dag dag, String taskId) {
    this.around = around;
    this.dag = dag;
    this.taskId = taskId;
  }

  /** Lets {@link TaskContext#current()} ask {@code context} in this thread; answers what it asked before. */
  static @Nullable Supplier<TaskContext> swap(@Nullable Supplier<TaskContext> context) {
    return bind(context);
  }

  /** The body has returned, or is not waited for any more. */
  void end() {
    over = true;
  }

  @Override
  public String runId() {
    return around.runId();
  }

  @Override
  public String taskId() {
    return taskId;
  }

  @Override
  public int attempt() {
    return around.attempt(taskId);
  }

  @Override
  public boolean isCancelled() {
    return over || around.isStopping();
  }

  @Override
  public <T extends @Nullable Object> T step(String id, Body0<T> body) throws Exception {
    return step(stepOf(taskId, id, body));
  }

  @Override
  public <T extends @Nullable Object> T step(String id, TypeRef<T> type, Body0<T> body)
      throws Exception {
    return step(stepOf(taskId, id, body).returns(type));
  }

  private <T extends @Nullable Object> T step(Task<T> step) throws Exception {
    checkNotOver("do step '" + step.id() + "'");
    return around.steps().step(dag, taskId, step);
  }

  @Override
  public void progress(double fraction, String message) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException(
          "the progress of task '" + taskId + "' must be between 0 and 1: " + fraction);
    }
    checkNotOver("tell its progress");
    around.progressed(taskId, fraction, message);
  }

  @Override
  public Executor executor() {
    return command -> around.executor().execute(() -> {
      Supplier<TaskContext> before = swap(() -> this);
      try {
        command.run();
      } finally {
        swap(before);
      }
    });
  }

  private void checkNotOver(String what) {
    if (over) {
      throw new IllegalStateException("this attempt at task '" + taskId + "' of run '" + runId()
          + "' is over and cannot " + what + "; let the body wait for the threads that it starts");
    }
  }
}
