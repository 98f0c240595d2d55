package dev.duraflow.error;

/**
 * A task's body failed in another process. Failures travel as text, so what the body threw is here by the name of its class, its
 * message and its stack trace, and not as an object.
 */
public final class RemoteTaskException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  private final String taskId;
  private final String failureType;
  private final String failureMessage;
  private final String failureText;
  private final Advice advice;

  /** Whether another attempt is worth while, as said where the body ran: only there its exception could be asked about. */
  public enum Advice {
    /** The task's retry, or its DAG's, would try again after this failure. */
    RETRY,
    /** It would not. */
    GIVE_UP,
    /** Nothing was said of the task or its DAG, so it is for the run's default to decide. */
    UNDECIDED
  }

  /**
   * @param failureType the name of the class of what the body threw
   * @param failureMessage its message; empty if it had none
   * @param failureText it and its causes with the first lines of their stack traces
   */
  public RemoteTaskException(
      String taskId, String failureType, String failureMessage, String failureText, Advice advice) {
    super("task '" + taskId + "' failed in another process with " + failureType
        + (failureMessage.isEmpty() ? "" : ": " + failureMessage));
    this.taskId = taskId;
    this.failureType = failureType;
    this.failureMessage = failureMessage;
    this.failureText = failureText;
    this.advice = advice;
  }

  public String taskId() {
    return taskId;
  }

  /** The name of the class of what the body threw. */
  public String failureType() {
    return failureType;
  }

  /** The message of what the body threw; empty if it had none. */
  public String failureMessage() {
    return failureMessage;
  }

  /** What the body threw and its causes, with the first lines of their stack traces. */
  public String failureText() {
    return failureText;
  }

  public Advice advice() {
    return advice;
  }
}
