package dev.duraflow.jdbc;

import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskRecord;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** A run that this process owns. It knows all records but those of guests, so looking for one asks nobody. */
final class OwnedRun extends JdbcRun {
  private final ConcurrentMap<String, RecordRow.Head> records;
  /** The last failed attempt of each task that has one. */
  private final ConcurrentMap<String, Integer> failedAttempts;

  private final AtomicBoolean left = new AtomicBoolean();

  OwnedRun(
      JdbcStore store,
      Tenure tenure,
      ConcurrentMap<String, RecordRow.Head> records,
      Map<String, Integer> failedAttempts) {
    super(store, tenure);
    this.records = records;
    this.failedAttempts = new ConcurrentHashMap<>(failedAttempts);
  }

  @Override
  public Optional<TaskRecord> find(String taskId) {
    RecordRow.Head head = records.get(taskId);
    return head == null ? Optional.empty() : Optional.of(head.toRecord(taskId, payloads));
  }

  @Override
  void written(Batch batch) {
    for (Batch.Numbered<RecordRow> numbered : batch.records()) {
      RecordRow row = numbered.row();
      records.put(Id.of(row.task.key(), row.task.full()), row.head);
    }
  }

  @Override
  public Optional<TaskRecord> findShared(String taskId, Collection<String> next) {
    if (!records.containsKey(taskId)) {
      Optional<TaskRecord> unused = super.findShared(taskId, next);
    }
    return find(taskId); // which may have been found with another's
  }

  @Override
  Heads.Answer lookUp(Set<String> taskIds) {
    taskIds.removeIf(records::containsKey);
    return taskIds.isEmpty() ? Heads.Answer.NOTHING : super.lookUp(taskIds);
  }

  @Override
  void found(String taskId, RecordRow.Head head) {
    records.put(taskId, head);
  }

  @Override
  public void note(RunNote note) {
    if (note instanceof RunNote.AttemptFailed failed) {
      failedAttempts.put(failed.taskId(), failed.attempt());
    }
    super.note(note);
  }

  @Override
  public int failedAttempts(String taskId) {
    return failedAttempts.getOrDefault(taskId, 0);
  }

  @Override
  void leave() {
    if (left.compareAndSet(false, true)) {
      store.release(tenure);
    }
  }
}
