package dev.duraflow.event;

/** How a run stands. For a {@code Run}, all but {@link #RUNNING} are final. */
public enum RunState {
  RUNNING,
  /** Every task has an output. */
  SUCCEEDED,
  /** At least one task failed. */
  FAILED,
  /** Stopped before its end on request. */
  CANCELLED,
  /** Its process ended before it did; run again, it goes on where it stopped. Only the history of a run says so. */
  INTERRUPTED
}
