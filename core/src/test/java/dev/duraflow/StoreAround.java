package dev.duraflow;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** A store around another one that does something else with what is saved. */
final class StoreAround implements Store {
  private final Store inner;
  private final Saving saving;

  interface Saving {
    CompletionStage<Void> save(OpenRun inner, TaskRecord record);
  }

  StoreAround(Store inner, Saving saving) {
    this.inner = inner;
    this.saving = saving;
  }

  /** Cannot keep the records of these tasks, as a disk that is full. */
  static Store failing(Store inner, RuntimeException failure, String... taskIds) {
    Set<String> failing = Set.of(taskIds);
    return new StoreAround(inner, (run, record) -> {
      if (failing.contains(record.taskId())) {
        throw failure;
      }
      return run.save(record);
    });
  }

  /** Notes the ids whose records are durable. */
  static Store noting(Store inner, Set<String> acknowledged) {
    return new StoreAround(
        inner,
        (run, record) -> run.save(record).thenRun(() -> {
          acknowledged.add(record.taskId());
        }));
  }

  static Set<String> newIds() {
    return ConcurrentHashMap.newKeySet();
  }

  static CompletionStage<Void> failed(Throwable failure) {
    return CompletableFuture.failedFuture(failure);
  }

  @Override
  public OpenRun open(String runId) {
    OpenRun run = inner.open(runId);
    return new OpenRun() {
      @Override
      public Optional<TaskRecord> find(String taskId) {
        return run.find(taskId);
      }

      @Override
      public CompletionStage<Void> save(TaskRecord record) {
        return saving.save(run, record);
      }

      @Override
      public void close() {
        run.close();
      }
    };
  }

  /** The inner store is for whoever opened it to close. */
  @Override
  public void close() {}
}
