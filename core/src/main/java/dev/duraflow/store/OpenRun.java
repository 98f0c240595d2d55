package dev.duraflow.store;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** One run of a {@link Store}, taken for writing by one owner, or joined by its {@linkplain SharedStore#join guests}. Thread-safe. */
public interface OpenRun extends AutoCloseable {
  /**
   * The record of a task, if it has one.
   *
   * @implSpec cheap, since it is called for every task of a DAG: no read of the payload. It sees every record whose {@code
   *     save} has completed, and after {@link #close()} goes on answering for what was recorded until then.
   * @throws dev.duraflow.error.CorruptRecordException if a record is there but damaged
   */
  Optional<TaskRecord> find(String taskId);

  /**
   * Saves a record. An earlier record of the same task is replaced as a whole.
   *
   * @implSpec When the stage completes, {@link #find} sees the record, here and in any later process, as firmly as the store
   *     promises to keep anything (for a disk: after a loss of power). A record never becomes durable before one that was
   *     saved earlier. When the stage fails, the task's record is as it was before or as it was to be, never anything else.
   *     The payload is read before the stage completes, and may be changed or gone afterwards. Failures may be thrown or
   *     complete the stage exceptionally, whichever comes easier.
   */
  CompletionStage<Void> save(TaskRecord record);

  /**
   * Saves a record for a caller that has nothing else to do: a store may do the work in its thread, where {@link #save} would
   * hand it to another, and return a stage that is complete.
   *
   * @implSpec like {@link #save}; it must not wait for another thread, which may be the one that called
   */
  default CompletionStage<Void> saveNow(TaskRecord record) {
    return save(record);
  }

  /**
   * Adds to the run's history. It is not waited for; but notes and records become durable in the order in which they were
   * given.
   *
   * @implSpec by default nothing is kept. A store that keeps it and cannot lets later saves fail, or {@link #close()} if there
   *     are none.
   */
  default void note(RunNote note) {}

  /** How many attempts at a task have failed, as noted here and by earlier owners; 0 if the store keeps no history. */
  default int failedAttempts(String taskId) {
    return 0;
  }

  /**
   * The number of this ownership: higher than that of every owner before. 0 for a store that a single process uses.
   *
   * @implSpec fixed while the run is open
   */
  default long epoch() {
    return 0;
  }

  /**
   * The record of a task, looked up where {@linkplain SharedStore#join guests} save theirs. Where there are no guests it is what
   * {@link #find} answers.
   *
   * @param next whose records the caller will want as well; a store that asks a server may look them up with this one, so that
   *     {@link #find} answers them
   * @implSpec may ask a server; what it has answered {@link #find} answers too from then on
   */
  default Optional<TaskRecord> findShared(String taskId, Collection<String> next) {
    return find(taskId);
  }

  /** The same of one task only. */
  default Optional<TaskRecord> findShared(String taskId) {
    return findShared(taskId, List.of());
  }

  /**
   * Completes when the run is to stop for a reason that only the store knows: with who asked for it, if another process wants it
   * cancelled; with {@link dev.duraflow.error.RunLostException}, if this owner is the owner no longer. By default, never.
   */
  default CompletionStage<String> stopRequested() {
    return new CompletableFuture<>();
  }

  /** Takes a payload that is about to be saved in this run, and may keep a large one out of memory. */
  default PayloadSink sink() {
    return PayloadSink.inMemory();
  }

  /** Completes when everything that was saved before is durable. */
  default CompletionStage<Void> flush() {
    return CompletableFuture.completedFuture(null);
  }

  /** Gives up the run, so that another owner may take it. Doing it twice is harmless. */
  @Override
  void close();
}
