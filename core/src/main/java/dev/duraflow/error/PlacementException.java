package dev.duraflow.error;

import org.jspecify.annotations.Nullable;

/**
 * A task that was given to another process came to nothing there, and not by its body: the process died or was stopped, it has
 * another version of the DAG, or it could not read or write the store. It says nothing of the task, and so is no outcome of it;
 * another attempt may be placed elsewhere.
 */
public final class PlacementException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  private final String taskId;
  private final String reason;

  /** @param reason what happened and the way out, as the message goes on */
  public PlacementException(String taskId, String runId, String reason, @Nullable Throwable cause) {
    super("task '" + taskId + "' of run '" + runId + "' was not done elsewhere: " + reason, cause);
    this.taskId = taskId;
    this.reason = reason;
  }

  /** What happened, without task and run. */
  public String reason() {
    return reason;
  }

  public String taskId() {
    return taskId;
  }
}
