package dev.duraflow.error;

import java.util.List;

/**
 * A run was cancelled: by {@code Run.cancel()}, by another process through a shared store, by an interrupt of the thread that ran it, at its time limit, or since the process is
 * shut down. What finished stays finished.
 */
public final class RunCancelledException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  private final String runId;

  public RunCancelledException(String runId, int completed, int total) {
    this(runId, "", completed, total, List.of());
  }

  /**
   * The same with more to say.
   *
   * @param why as it goes on after "was cancelled"; empty if there is no more to say
   * @param abandoned the tasks whose bodies did not heed their interrupt
   */
  public RunCancelledException(
      String runId, String why, int completed, int total, List<String> abandoned) {
    super("run '" + runId + "' was cancelled" + (why.isEmpty() ? "" : " " + why) + " with "
        + completed + " of " + total
        + " tasks completed"
        + (abandoned.isEmpty()
            ? ""
            : ", leaving behind what did not heed its interrupt: task '"
                + String.join("', task '", abandoned) + "'")
        + "; run it again to go on from there");
    this.runId = runId;
  }

  public String runId() {
    return runId;
  }
}
