package dev.duraflow.engine;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that are ready but for a time that has to pass. Each holds a token of its run and no thread.
 *
 * <p>Two may come for a task that waits: the scheduler when its time has come, and who stops the run. The first to set its flag
 * has it. It is put into the set before anybody looks whether the run is stopping, and who stops the run says so before it goes
 * through the set; so one of the two finds it.
 */
final class Waiting {
  private final Execution execution;
  private final ScheduledExecutorService scheduler;
  private final Set<Delayed> all = ConcurrentHashMap.newKeySet();

  Waiting(Execution execution, ScheduledExecutorService scheduler) {
    this.execution = execution;
    this.scheduler = scheduler;
  }

  /** A task and the end of its wait. It is its own flag, since there may be very many of them. */
  private final class Delayed extends AtomicBoolean implements Runnable {
    private static final long serialVersionUID = 1L;

    final transient Frame frame;
    final int task;
    transient volatile @Nullable Future<?> alarm;

    Delayed(Frame frame, int task) {
      this.frame = frame;
      this.task = task;
    }

    @Override
    public void run() {
      if (take()) {
        execution.offer(frame, task);
      }
    }

    void cancel() {
      Future<?> set = alarm;
      if (set != null) {
        set.cancel(false);
      }
      if (take()) {
        execution.returnTokens(1);
      }
    }

    private boolean take() {
      return compareAndSet(false, true) && all.remove(this);
    }
  }

  /** Lets a task wait; its token is given to it. */
  void add(Frame frame, int task, Duration delay) {
    Delayed delayed = new Delayed(frame, task);
    all.add(delayed);
    try {
      delayed.alarm =
          scheduler.schedule(delayed, TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
    } catch (Throwable refusal) {
      if (delayed.take()) {
        throw refusal; // the token is the caller's again
      }
    }
    if (execution.isStopping()) {
      delayed.cancel();
    }
  }

  /** Gives up all that wait, of a run that is stopping. */
  void clear() {
    all.forEach(Delayed::cancel);
  }
}
