package dev.duraflow.error;

/** A run was cancelled, by {@code Run.cancel()} or by an interrupt of the thread that ran it. What finished stays finished. */
public final class RunCancelledException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  private final String runId;

  public RunCancelledException(String runId, int completed, int total) {
    super("run '" + runId + "' was cancelled with " + completed + " of " + total
        + " tasks completed; run it again to go on from there");
    this.runId = runId;
  }

  public String runId() {
    return runId;
  }
}
