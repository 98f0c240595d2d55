package dev.duraflow.dag;

/** What a run does when a task fails. Either way it ends as failed, all failures are reported, and it can be resumed. */
public enum FailurePolicy {
  /** Start nothing new and interrupt what runs. */
  FAIL_FAST,
  /** Finish everything that does not depend on a failure. */
  KEEP_GOING
}
