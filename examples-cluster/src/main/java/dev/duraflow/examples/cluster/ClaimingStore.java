package dev.duraflow.examples.cluster;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.PayloadSink;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.TaskRecord;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A worker's store that tells of a task when it is about to record it. Not after that: who is killed between the two would have
 * recorded a task that nobody claims.
 */
final class ClaimingStore implements SharedStore {
  private final SharedStore store;
  private final Consumer<String> claims;

  /** @param claims told of task ids, by the threads that perform them */
  ClaimingStore(SharedStore store, Consumer<String> claims) {
    this.store = store;
    this.claims = claims;
  }

  @Override
  public OpenRun open(String runId) {
    return store.open(runId);
  }

  @Override
  public OpenRun join(String runId, long epoch) {
    return new ClaimingRun(store.join(runId, epoch));
  }

  @Override
  public void close() {
    store.close();
  }

  private final class ClaimingRun implements OpenRun {
    private final OpenRun run;

    ClaimingRun(OpenRun run) {
      this.run = run;
    }

    private void claim(TaskRecord record) {
      if (record.kind() == TaskRecord.Kind.OUTPUT) {
        claims.accept(record.taskId());
      }
    }

    @Override
    public CompletionStage<Void> save(TaskRecord record) {
      claim(record);
      return run.save(record);
    }

    @Override
    public CompletionStage<Void> saveNow(TaskRecord record) {
      claim(record);
      return run.saveNow(record);
    }

    @Override
    public Optional<TaskRecord> find(String taskId) {
      return run.find(taskId);
    }

    @Override
    public Optional<TaskRecord> findShared(String taskId, Collection<String> next) {
      return run.findShared(taskId, next);
    }

    @Override
    public void note(RunNote note) {
      run.note(note);
    }

    @Override
    public int failedAttempts(String taskId) {
      return run.failedAttempts(taskId);
    }

    @Override
    public long epoch() {
      return run.epoch();
    }

    @Override
    public CompletionStage<String> stopRequested() {
      return run.stopRequested();
    }

    @Override
    public PayloadSink sink() {
      return run.sink();
    }

    @Override
    public CompletionStage<Void> flush() {
      return run.flush();
    }

    @Override
    public void close() {
      run.close();
    }
  }
}
