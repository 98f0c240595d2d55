package dev.duraflow.jdbc;

import dev.duraflow.store.TaskRecord;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * A run that another process owns. Looking for a record asks the database, unless it was found before, and at the same time whether
 * that process still has the run.
 */
final class GuestRun extends JdbcRun {
  private final ConcurrentMap<String, RecordRow.Head> records = new ConcurrentHashMap<>();

  GuestRun(JdbcStore store, Tenure tenure) {
    super(store, tenure);
  }

  @Override
  public Optional<TaskRecord> find(String taskId) {
    RecordRow.Head head = records.get(taskId);
    return head == null ? findShared(taskId) : Optional.of(head.toRecord(taskId, payloads));
  }

  /** What is known of others is not asked for again. */
  @Override
  public Optional<TaskRecord> findShared(String taskId, Collection<String> next) {
    return super.findShared(
        taskId, next.stream().filter(id -> !records.containsKey(id)).toList());
  }

  /** What is stored now may be another's record, and is looked up when it is asked for. */
  @Override
  void written(Batch batch) {}

  @Override
  void found(String taskId, RecordRow.Head head) {
    records.put(taskId, head);
  }

  @Override
  public int failedAttempts(String taskId) {
    return store.connections.patiently(
        "read the history of run '" + tenure.runId + "'",
        connection -> store.heads.failedAttempts(connection, tenure.run, taskId));
  }

  @Override
  void leave() {
    store.heartbeat.remove(tenure);
  }
}
