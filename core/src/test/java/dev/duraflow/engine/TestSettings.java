package dev.duraflow.engine;

import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.dag.Retry;
import dev.duraflow.event.RunListener;
import dev.duraflow.store.Durability;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/** Settings of which tests choose some and leave the others as they are by default. */
final class TestSettings {
  private TestSettings() {}

  static Settings of(
      Executor executor,
      int maxConcurrency,
      FailurePolicy failurePolicy,
      List<RunListener> listeners,
      Clock clock) {
    ScheduledExecutorService scheduler = Threads.defaultScheduler();
    return of(
        executor,
        maxConcurrency,
        failurePolicy,
        listeners,
        clock,
        scheduler,
        new Limits(scheduler, clock));
  }

  static Settings of(
      Executor executor,
      int maxConcurrency,
      FailurePolicy failurePolicy,
      List<RunListener> listeners,
      Clock clock,
      ScheduledExecutorService scheduler,
      Limits limits) {
    return new Settings(
        executor,
        scheduler,
        limits,
        () -> 0.5,
        maxConcurrency,
        failurePolicy,
        PersistPolicy.REQUIRED,
        Durability.STRICT,
        Retry.never(),
        null,
        Duration.ofMinutes(1),
        listeners,
        List.of(),
        clock,
        null);
  }
}
