package dev.duraflow.testkit;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.PayloadSink;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskRecord;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** An open run around another one, which does all that a subclass does not. */
abstract class RunAround implements OpenRun {
  final OpenRun inner;

  RunAround(OpenRun inner) {
    this.inner = inner;
  }

  /** How a run that is wrapped takes a record: by {@code save} or by {@code saveNow}. */
  interface Saving {
    CompletionStage<Void> save(TaskRecord record);
  }

  /** What becomes of a record that was handed over. */
  abstract CompletionStage<Void> save(TaskRecord record, Saving saving);

  @Override
  public final CompletionStage<Void> save(TaskRecord record) {
    return save(record, inner::save);
  }

  @Override
  public CompletionStage<Void> saveNow(TaskRecord record) {
    return save(record, inner::saveNow);
  }

  @Override
  public Optional<TaskRecord> find(String taskId) {
    return inner.find(taskId);
  }

  @Override
  public void note(RunNote note) {
    inner.note(note);
  }

  @Override
  public int failedAttempts(String taskId) {
    return inner.failedAttempts(taskId);
  }

  @Override
  public long epoch() {
    return inner.epoch();
  }

  @Override
  public Optional<TaskRecord> findShared(String taskId, Collection<String> next) {
    return inner.findShared(taskId, next);
  }

  @Override
  public CompletionStage<String> stopRequested() {
    return inner.stopRequested();
  }

  @Override
  public PayloadSink sink() {
    return inner.sink();
  }

  @Override
  public CompletionStage<Void> flush() {
    return inner.flush();
  }

  @Override
  public void close() {
    inner.close();
  }
}
