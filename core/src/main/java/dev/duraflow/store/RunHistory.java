package dev.duraflow.store;

import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.event.RunState;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a store holds of a run, read without taking the run: while another process executes it, at any moment.
 *
 * <p>It is the run as it was at one moment, when this was opened, or a little later: all that was durable by then is there, and
 * with each record all that were saved before it. In a journal the last few may not be durable yet, so that a loss of power may
 * still take them. What comes later is seen by opening it again. A torn end, which a crash leaves in a journal, is just the end.
 *
 * <p>Thread-safe. Nothing here changes what is stored. The methods throw {@link dev.duraflow.error.CorruptRecordException} for what
 * is damaged, and {@link dev.duraflow.error.StoreException} for what cannot be read.
 */
public interface RunHistory extends AutoCloseable {
  String runId();

  /** When the run came into being. */
  Instant createdAt();

  /**
   * {@link RunState#RUNNING} while somebody holds the run; else how it ended, or {@link RunState#INTERRUPTED} if its process
   * ended first.
   */
  RunState state();

  /** Who holds the run. */
  Optional<Holder> holder();

  /** The DAG that was executed last; empty if none has been yet. */
  Optional<TaskGraph> graph();

  /** The record of a task, if it has one. */
  Optional<TaskRecord> find(String taskId);

  /** The record of each task that has one, in the order in which they were first saved. Payloads are read when asked for. */
  Stream<TaskRecord> records();

  /**
   * All attempts that came to an end, in the order in which they were recorded. A journal tells also those whose record was
   * replaced later.
   */
  Stream<Attempt> attempts();

  /** How the run began and ended each time, and the attempts that failed, in the order in which they were noted. */
  Stream<RunNote> notes();

  @Override
  void close();
}
