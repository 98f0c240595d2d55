package dev.duraflow.dag;

/** What becomes of a task whose body returned, but whose output could not be persisted. */
public enum PersistPolicy {
  /** It has failed: an output counts only when it is durable. */
  REQUIRED,
  /**
   * It counts as succeeded in this process: the failure is logged as a warning, dependents take the output from memory, and the
   * body is called again when the run is resumed. For stores that may fail and outputs that can be computed again.
   */
  BEST_EFFORT
}
