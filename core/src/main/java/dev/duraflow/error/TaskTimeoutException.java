package dev.duraflow.error;

import java.time.Duration;

/** An attempt at a task took longer than it was given, and was interrupted. */
public final class TaskTimeoutException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  private final String taskId;
  private final Duration limit;

  /**
   * @param ran how long it took
   * @param limit how long it was given
   * @param attemptsLeft how many attempts are left to the task; 0 or less for none
   */
  public TaskTimeoutException(String taskId, Duration ran, Duration limit, int attemptsLeft) {
    super("task '" + taskId + "' was interrupted after " + seconds(ran) + ", and its timeout is "
        + seconds(limit) + "; it has "
        + (attemptsLeft <= 0
            ? "no attempt left"
            : attemptsLeft == 1 ? "1 attempt left" : attemptsLeft + " attempts left"));
    this.taskId = taskId;
    this.limit = limit;
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1e3 + " s";
  }

  public String taskId() {
    return taskId;
  }

  /** How long the attempt was given. */
  public Duration limit() {
    return limit;
  }
}
