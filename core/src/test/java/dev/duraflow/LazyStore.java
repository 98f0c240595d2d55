package dev.duraflow;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A shared store that saves what its owners give it when they ask it to flush, or give up the run, and not before. */
final class LazyStore implements SharedStore {
  private final SharedStore inner;

  LazyStore(SharedStore inner) {
    this.inner = inner;
  }

  @Override
  public OpenRun open(String runId) {
    OpenRun run = inner.open(runId);
    return new OpenRun() {
      private final List<TaskRecord> waiting = new ArrayList<>();
      private final List<CompletableFuture<Void>> stages = new ArrayList<>();

      @Override
      public Optional<TaskRecord> find(String taskId) {
        return run.find(taskId);
      }

      @Override
      public synchronized CompletionStage<Void> save(TaskRecord record) {
        CompletableFuture<Void> saved = new CompletableFuture<>();
        waiting.add(record);
        stages.add(saved);
        return saved;
      }

      @Override
      public CompletionStage<Void> flush() {
        List<CompletableFuture<Void>> saved;
        synchronized (this) {
          waiting.forEach(record -> run.save(record).toCompletableFuture().join());
          waiting.clear();
          saved = List.copyOf(stages);
          stages.clear();
        }
        saved.forEach(stage -> stage.complete(null));
        return CompletableFuture.completedFuture(null);
      }

      @Override
      public long epoch() {
        return run.epoch();
      }

      @Override
      public void close() {
        run.close();
      }
    };
  }

  @Override
  public OpenRun join(String runId, long epoch) {
    return inner.join(runId, epoch);
  }

  @Override
  public void close() {}
}
