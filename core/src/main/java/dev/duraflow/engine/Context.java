package dev.duraflow.engine;

import dev.duraflow.dag.TaskContext;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a body sees of its run. */
final class Context extends TaskContext {
  private final Execution execution;
  private final String taskId;

  Context(Execution execution, String taskId) {
    this.execution = execution;
    this.taskId = taskId;
  }

  /** Lets {@link TaskContext#current()} ask {@code context} in this thread; answers what it asked before. */
  static @Nullable Supplier<TaskContext> swap(@Nullable Supplier<TaskContext> context) {
    return bind(context);
  }

  @Override
  public String runId() {
    return execution.runId();
  }

  @Override
  public String taskId() {
    return taskId;
  }

  @Override
  public boolean isCancelled() {
    return execution.isStopping();
  }
}
