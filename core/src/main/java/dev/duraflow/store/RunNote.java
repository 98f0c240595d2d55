package dev.duraflow.store;

import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.event.RunState;
import java.time.Instant;

/** What a run's history holds beside its records: how it began and ended, and which attempts failed. */
public sealed interface RunNote {
  /**
   * A process began to execute a run, for the first time or again.
   *
   * @param graph the DAG that it executes; without name and tasks where it was lost from a damaged journal
   * @param host the name of the process's host
   * @param pid the process id there
   */
  record Began(TaskGraph graph, Instant at, String host, long pid) implements RunNote {
    /** For this process. */
    public static Began here(TaskGraph graph, Instant at) {
      Holder holder = Holder.here(at);
      return new Began(graph, at, holder.host(), holder.pid());
    }
  }

  /**
   * An attempt failed. One that succeeded is told by its record.
   *
   * @param attempt its number within the run, from 1
   * @param startedAt when the body was called
   * @param finishedAt when it was over
   * @param failure the exception as text: classes, messages and the first lines of stack traces
   */
  record AttemptFailed(
      String taskId, int attempt, Instant startedAt, Instant finishedAt, String failure)
      implements RunNote {}

  /**
   * The run ended, as it does in a process that is not killed.
   *
   * @param state a final one
   * @param completed how many tasks had an output
   * @param total how many tasks were known
   */
  record Ended(RunState state, Instant at, int completed, int total) implements RunNote {}
}
