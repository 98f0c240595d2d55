package dev.duraflow;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Saves in a thread of its own, in the order in which it was asked to, as a store with group commit does. When it says so is
 * another matter, and the modes differ in that.
 */
final class AsyncStore implements Store {
  /** When a saved record is acknowledged. */
  enum Mode {
    /** At once. */
    IN_ORDER,
    /** When all that was asked for meanwhile is saved too. */
    BATCHED,
    /** In any order, some only when there is nothing else to do. */
    SHUFFLED
  }

  private record Save(OpenRun run, TaskRecord record, CompletableFuture<Void> saved) {}

  private static final Save END = new Save(null, null, null);

  private final Store inner;
  private final Mode mode;
  private final Random random;
  private final BlockingQueue<Save> queue = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::work, "async-store");

  AsyncStore(Store inner, Mode mode, long seed) {
    this.inner = inner;
    this.mode = mode;
    this.random = new Random(seed);
    thread.setDaemon(true);
    thread.start();
  }

  static AsyncStore inMemory() {
    return new AsyncStore(Store.inMemory(), Mode.IN_ORDER, 0);
  }

  private void work() {
    List<Runnable> heldBack = new ArrayList<>();
    List<Save> batch = new ArrayList<>();
    while (true) {
      try {
        Save first = heldBack.isEmpty() ? queue.take() : queue.poll();
        if (first != null) {
          batch.add(first);
        }
      } catch (InterruptedException e) {
        throw new AssertionError("the store's thread was interrupted", e);
      }
      if (mode != Mode.IN_ORDER) {
        queue.drainTo(batch);
      }
      if (batch.remove(END)) {
        return;
      }
      List<Runnable> acknowledgements = new ArrayList<>();
      for (Save save : batch) {
        acknowledgements.add(save(save));
      }
      if (mode == Mode.SHUFFLED) {
        boolean idle = batch.isEmpty();
        acknowledgements.addAll(heldBack);
        heldBack.clear();
        Collections.shuffle(acknowledgements, random);
        while (!idle && !acknowledgements.isEmpty() && random.nextInt(3) == 0) {
          heldBack.add(acknowledgements.remove(acknowledgements.size() - 1));
        }
      }
      batch.clear();
      acknowledgements.forEach(Runnable::run);
    }
  }

  private static Runnable save(Save save) {
    try {
      save.run.save(save.record).toCompletableFuture().join();
      return () -> save.saved.complete(null);
    } catch (Throwable t) {
      Throwable cause = t.getCause() == null ? t : t.getCause();
      return () -> save.saved.completeExceptionally(cause);
    }
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
        CompletableFuture<Void> saved = new CompletableFuture<>();
        queue.add(new Save(run, record, saved));
        return saved;
      }

      @Override
      public void close() {
        run.close();
      }
    };
  }

  @Override
  public void close() {
    queue.add(END);
  }
}
