package dev.duraflow.error;

import java.time.Duration;
import java.time.Instant;

/** Another process, or another {@code Duraflow} in this one, is executing the run. It can be tried again once that has ended. */
public final class RunLockedException extends StoreException {
  private static final long serialVersionUID = 1L;

  private final String runId;
  private final Holder holder;

  /**
   * Who holds a run.
   *
   * @param pid the process id on its host
   * @param since when it took the run
   */
  public record Holder(String host, long pid, Instant since) implements java.io.Serializable {
    /** This process. */
    public static Holder here(Instant since) {
      return new Holder(ThisHost.NAME, ProcessHandle.current().pid(), since);
    }

    /** Whether it is a process of the machine that this one runs on. */
    public boolean isOnThisHost() {
      return host.equals(ThisHost.NAME);
    }

    @Override
    public String toString() {
      return "process " + pid + " on host " + host + " since " + since;
    }
  }

  public RunLockedException(String runId, Holder holder) {
    this(runId, holder, "");
  }

  private RunLockedException(String runId, Holder holder, String waited) {
    super("run '" + runId + "' is held by " + holder + waited
        + "; wait until it ends, end it, or use another run id");
    this.runId = runId;
    this.holder = holder;
  }

  /** The same for somebody who has waited in vain. */
  public RunLockedException afterWaiting(Duration waited) {
    RunLockedException told = new RunLockedException(
        runId, holder, ", and was still after waiting for " + waited.toMillis() + " ms");
    told.initCause(this);
    return told;
  }

  public String runId() {
    return runId;
  }

  public Holder holder() {
    return holder;
  }
}
