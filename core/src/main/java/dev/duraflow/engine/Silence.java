package dev.duraflow.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says so when nothing comes back from elsewhere for long, since the run of an engine whose workers are not there waits for ever.
 * From the first task that is sent to the run's end it looks once a minute, and does nothing in between. Tasks that took longer in
 * earlier runs are given as long. Thread-safe.
 */
final class Silence {
  /** When it is mentioned first, and how often it is looked. */
  private static final Duration LONG = Duration.ofMinutes(1);

  private static final Duration BETWEEN_REMINDERS = Duration.ofMinutes(10);

  private final Execution execution;
  private final Supplier<List<Placement.Placed>> elsewhere;
  private final AtomicBoolean isWatched = new AtomicBoolean();
  private volatile Instant heardAt = Instant.MIN;
  private volatile @Nullable Future<?> alarm;

  /** @param elsewhere the tasks that the engine has now */
  Silence(Execution execution, Supplier<List<Placement.Placed>> elsewhere) {
    this.execution = execution;
    this.elsewhere = elsewhere;
  }

  /** Something is about to be sent. */
  void watch() {
    if (!isWatched.get() && isWatched.compareAndSet(false, true)) {
      lookAfter(LONG);
    }
  }

  /** Something has come back. */
  void heard() {
    heardAt = execution.now();
  }

  /** The run has ended. */
  void end() {
    Future<?> set = alarm;
    if (set != null) {
      set.cancel(false);
    }
  }

  private void lookAfter(Duration delay) {
    try {
      alarm = execution.after(delay, this::look);
    } catch (Throwable refusal) {
      return; // Of the scheduler: then nothing is said, and nothing else is missing.
    }
    if (!execution.isRunning()) {
      end();
    }
  }

  private void look() {
    List<Placement.Placed> sent = elsewhere.get();
    Instant since = heardAt;
    Duration patience = LONG;
    for (Placement.Placed each : sent) {
      Long known = execution.durations.nanos(each.taskId());
      if (known != null && known > patience.toNanos()) {
        patience = Duration.ofNanos(known);
      }
    }
    Instant first = sent.stream()
        .map(Placement.Placed::startedAt)
        .min(Instant::compareTo)
        .orElseGet(execution::now);
    if (first.isAfter(since)) {
      since = first;
    }
    Duration left = patience.minus(Duration.between(since, execution.now()));
    if (left.isNegative() || left.isZero()) {
      execution.signals.silent(sent.size(), since);
      lookAfter(BETWEEN_REMINDERS);
    } else {
      lookAfter(left.compareTo(LONG) < 0 ? left : LONG);
    }
  }
}
