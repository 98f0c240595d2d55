package dev.duraflow;

import dev.duraflow.engine.Execution;
import dev.duraflow.event.RunState;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Cancels the runs of an engine when the JVM shuts down, and gives them time to end. Thread-safe. */
final class ShutdownHook implements AutoCloseable {
  private final Set<Execution> running = ConcurrentHashMap.newKeySet();
  private final Duration gracePeriod;
  private final Thread thread = new Thread(this::cancelAll, "duraflow-shutdown");

  /** A hook that is in force until it is closed. */
  static ShutdownHook in(Runtime runtime, Duration gracePeriod) {
    ShutdownHook hook = new ShutdownHook(gracePeriod);
    runtime.addShutdownHook(hook.thread);
    return hook;
  }

  private ShutdownHook(Duration gracePeriod) {
    this.gracePeriod = gracePeriod;
  }

  void add(Execution execution) {
    running.removeIf(earlier -> earlier.state() != RunState.RUNNING);
    running.add(execution);
  }

  private void cancelAll() {
    running.forEach(execution -> execution.cancel("since the process is shut down"));
    try {
      for (Execution execution : running) {
        // Bodies have the grace period, and then the run ends without them.
        execution.await(gracePeriod.plusSeconds(1));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // by whoever is in a hurry
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      // It is being shut down.
    }
  }
}
