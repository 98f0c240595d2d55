package dev.duraflow.testkit;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A run of a {@link FaultyStore}. A save goes straight through, or waits in the queue: since it is held back, or behind one that
 * is. Whoever lets the first one go hands over what waited, in order. Stages are completed after that and outside the lock,
 * since a whole task may run in the thread that completes one.
 */
final class FaultyRun extends RunAround {
  private final FaultyStore store;
  private final boolean laterSavesDependOnEarlierOnes;

  /** What was asked for and not handed over, in order. All of the state is guarded by the store's {@code order}. */
  private final Deque<HeldBack> queue = new ArrayDeque<>();

  /** Why no save is taken any more. */
  private @Nullable Throwable refusal;
  /** Nothing is handed over any more: a crash is on its way, or may be. */
  private boolean stalled;
  /** The crash is certain. */
  private boolean stopped;
  /** What a crash will say that a flush brings about. */
  private @Nullable Throwable crashAtFlush;

  private @Nullable Throwable death;

  FaultyRun(FaultyStore store, OpenRun inner, boolean laterSavesDependOnEarlierOnes) {
    super(inner);
    this.store = store;
    this.laterSavesDependOnEarlierOnes = laterSavesDependOnEarlierOnes;
  }

  /** A save or a flush. */
  private static final class HeldBack {
    final Supplier<CompletionStage<Void>> call;
    final CompletableFuture<Void> done = new CompletableFuture<>();
    /** What a crash will say that follows it. */
    final @Nullable Throwable crash;

    boolean mayGo;

    HeldBack(Supplier<CompletionStage<Void>> call, boolean mayGo, @Nullable Throwable crash) {
      this.call = call;
      this.mayGo = mayGo;
      this.crash = crash;
    }

    void complete(@Nullable Throwable failure) {
      if (failure == null) {
        done.complete(null);
      } else {
        done.completeExceptionally(failure);
      }
    }
  }

  private record HandedOver(HeldBack what, CompletionStage<Void> stage) {}

  @Override
  CompletionStage<Void> save(TaskRecord record, Saving saving) {
    SaveFault.Effect effect;
    HeldBack held;
    synchronized (store.order) {
      effect = store.next(record);
      Throwable refused = death != null ? death : refusal;
      if (refused == null && effect instanceof SaveFault.Fail fail) {
        refused = fail.failure();
        refusal = laterSavesDependOnEarlierOnes ? refused : null;
      }
      if (refused != null) {
        return CompletableFuture.failedFuture(refused);
      }
      if (effect == null && queue.isEmpty() && !stalled) {
        return saving.save(record);
      }
      held = hold(() -> saving.save(record), effect);
    }
    if (effect instanceof SaveFault.Crash crash
        && crash.moment() == SaveFault.Moment.BEFORE_IT_IS_DURABLE) {
      store.crash(crash.failure());
    } else if (effect instanceof SaveFault.Delay delay) {
      delay.until().whenComplete((done, failure) -> {
        synchronized (store.order) {
          held.mayGo = true;
        }
        handOver();
      });
    } else {
      handOver();
    }
    return held.done;
  }

  private HeldBack hold(Supplier<CompletionStage<Void>> call, SaveFault.@Nullable Effect effect) {
    Throwable crashToFollow = null;
    if (effect instanceof SaveFault.Crash crash) {
      if (crash.moment() == SaveFault.Moment.BEFORE_IT_IS_ACKNOWLEDGED) {
        crashToFollow = crash.failure();
      } else {
        stalled = true;
        crashAtFlush = crash.failure();
      }
    }
    HeldBack held = new HeldBack(call, !(effect instanceof SaveFault.Delay), crashToFollow);
    queue.add(held);
    return held;
  }

  /** Hands over what may go. */
  private void handOver() {
    List<HandedOver> all = new ArrayList<>();
    synchronized (store.order) {
      for (HeldBack first = queue.peek();
          first != null && first.mayGo && !stalled;
          first = queue.peek()) {
        queue.remove();
        stalled = first.crash != null;
        all.add(new HandedOver(first, stage(first)));
      }
    }
    for (HandedOver one : all) {
      one.stage.whenComplete((done, failure) -> {
        if (one.what.crash == null) {
          one.what.complete(failure);
        } else {
          completeBeforeCrash(one.what, one.what.crash, failure);
        }
      });
    }
  }

  private static CompletionStage<Void> stage(HeldBack held) {
    try {
      return held.call.get();
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The record is durable and nobody will be told; or it is not, and there is no crash. */
  private void completeBeforeCrash(HeldBack held, Throwable crash, @Nullable Throwable failure) {
    if (failure == null) {
      store.crash(crash);
      held.complete(crash);
      return;
    }
    synchronized (store.order) {
      stalled = stopped;
    }
    held.complete(failure);
    handOver();
  }

  /** Lets nothing through any more, and holds back whoever asks until the crash has come. Called in order. */
  void stop() {
    stalled = true;
    stopped = true;
  }

  /** The crash has come. */
  void die(Throwable failure) {
    List<HeldBack> lost;
    synchronized (store.order) {
      death = failure;
      lost = List.copyOf(queue);
      queue.clear();
    }
    lost.forEach(held -> held.complete(failure));
  }

  private @Nullable Throwable death() {
    synchronized (store.order) {
      return death;
    }
  }

  @Override
  public Optional<TaskRecord> find(String taskId) {
    Throwable dead = death();
    RuntimeException fault = dead != null ? FaultyStore.unchecked(dead) : store.findFault(taskId);
    if (fault != null) {
      throw fault;
    }
    return super.find(taskId);
  }

  @Override
  public void note(RunNote note) {
    synchronized (store.order) {
      if (stopped) {
        return;
      }
    }
    super.note(note);
  }

  @Override
  public CompletionStage<Void> flush() {
    Throwable fault;
    Throwable crash;
    synchronized (store.order) {
      fault = death != null ? death : store.flushFault();
      crash = stopped ? null : crashAtFlush;
      if (fault == null && crash == null) {
        return queue.isEmpty() && !stalled ? super.flush() : hold(super::flush, null).done;
      }
    }
    if (fault == null && crash != null) {
      store.crash(crash);
      fault = crash;
    }
    return CompletableFuture.failedFuture(fault);
  }

  @Override
  public void close() {
    store.forget(this);
    super.close();
  }
}
