package dev.duraflow.event;

/** How a run stands. All but {@link #RUNNING} are final. */
public enum RunState {
  RUNNING,
  /** Every task has an output. */
  SUCCEEDED,
  /** At least one task failed. */
  FAILED,
  /** Stopped before its end on request. */
  CANCELLED
}
