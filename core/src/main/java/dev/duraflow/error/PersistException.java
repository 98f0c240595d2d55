package dev.duraflow.error;

/**
 * A body returned, but its output did not become durable. The task counts as failed and its body runs again when the run is
 * resumed, since nothing of the output can be relied on.
 */
public final class PersistException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final String runId;
  private final String taskId;

  public PersistException(String runId, String taskId, Throwable cause) {
    super(
        "the output of task '" + taskId + "' in run '" + runId + "' could not be persisted: "
            + describe(cause)
            + "; mend the store and run again, the task's body will be called again",
        cause);
    this.runId = runId;
    this.taskId = taskId;
  }

  private static String describe(Throwable cause) {
    return cause instanceof DuraflowException && cause.getMessage() != null
        ? cause.getMessage()
        : cause.toString();
  }

  public String runId() {
    return runId;
  }

  public String taskId() {
    return taskId;
  }
}
