package dev.duraflow.error;

/**
 * This process owns the run no longer: its lease ended before it was renewed, and another process may have it. What was recorded
 * stays; what was to be recorded after that was refused. Running it again goes on with it, or says who has it.
 */
public final class RunLostException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final String runId;

  /** @param how ownership was lost, and to whom if that is known */
  public RunLostException(String runId, String how) {
    super("run '" + runId + "' is not this process's any more: " + how
        + "; what it recorded is kept, and running it again goes on from there");
    this.runId = runId;
  }

  public String runId() {
    return runId;
  }
}
