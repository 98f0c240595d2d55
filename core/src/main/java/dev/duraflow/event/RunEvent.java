package dev.duraflow.event;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Something that happened in a run. Events of one task come in order; events of different tasks come from the threads that
 * run them, so a {@link RunListener} must be thread-safe.
 */
public sealed interface RunEvent {
  String runId();

  Instant at();

  /**
   * The first event of a run.
   *
   * @param tasks how many tasks are known now; maps and expansions add to it later
   */
  record RunStarted(String runId, Instant at, int tasks) implements RunEvent {}

  /** A body is about to be called. */
  record TaskStarted(String runId, Instant at, String taskId) implements RunEvent {}

  /**
   * A body returned and its output is recorded.
   *
   * @param elapsed from the start of the body until the record was durable
   */
  record TaskSucceeded(String runId, Instant at, String taskId, Duration elapsed)
      implements RunEvent {}

  /** A task's output was there from an earlier process; its body is not called. */
  record TaskReused(String runId, Instant at, String taskId) implements RunEvent {}

  /**
   * An attempt failed, and another will follow.
   *
   * @param attempt its number within the run, from 1
   * @param delay how long until the next
   */
  record AttemptFailed(
      String runId, Instant at, String taskId, int attempt, Throwable cause, Duration delay)
      implements RunEvent {}

  /**
   * A body told how far it has come.
   *
   * @param fraction from 0 to 1
   */
  record TaskProgressed(String runId, Instant at, String taskId, double fraction, String message)
      implements RunEvent {}

  /**
   * A body that was interrupted did not come back in time, and is not waited for any more. What it returns will be dropped.
   *
   * @param elapsed since the body was called
   */
  record TaskAbandoned(String runId, Instant at, String taskId, Duration elapsed)
      implements RunEvent {}

  /**
   * The collection of a map has other elements than when an earlier process ran it. Those that are recorded and still there are
   * reused, the new ones run, and the records of those that are gone stay in the store, though the map's output is without them.
   *
   * @param added keys that are new, in the collection's order
   * @param removed keys that are gone
   */
  record ElementsChanged(
      String runId, Instant at, String taskId, List<String> added, List<String> removed)
      implements RunEvent {}

  /** A body threw, or its output could not be persisted. */
  record TaskFailed(String runId, Instant at, String taskId, Throwable cause) implements RunEvent {}

  /**
   * A task did not run because something that it depends on failed.
   *
   * @param rootCause the id of the task that failed
   */
  record TaskSkipped(String runId, Instant at, String taskId, String rootCause)
      implements RunEvent {}

  /** The last event of a run. */
  record RunFinished(String runId, Instant at, RunState state) implements RunEvent {}
}
