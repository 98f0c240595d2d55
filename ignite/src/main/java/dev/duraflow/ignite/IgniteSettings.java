package dev.duraflow.ignite;

import java.time.Duration;

/**
 * What may be set of an {@link IgniteEngine} and an {@link IgniteWorker}. Immutable.
 *
 * @param threads how many bodies a worker calls at once
 * @param sweep how often an engine looks which nodes there are, and which have a worker; so a worker that joins gets its first
 *     invocation this much later at most
 * @param patience how long an invocation waits while there is no worker, or no server node can be reached; then it fails
 * @param shutdown how long {@link IgniteWorker#close()} waits for bodies before it interrupts them and leaves them to others
 */
public record IgniteSettings(int threads, Duration sweep, Duration patience, Duration shutdown) {
  private static final Duration SHORTEST = Duration.ofMillis(50);

  public IgniteSettings {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be >= 1: " + threads);
    }
    if (sweep.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException(
          "sweep must be at least " + SHORTEST.toMillis() + " ms: " + sweep);
    }
    if (patience.isNegative() || shutdown.isNegative()) {
      throw new IllegalArgumentException(
          "patience and shutdown must not be negative: " + patience + ", " + shutdown);
    }
  }

  /** 10 threads, a sweep each second, a minute of patience, 10 s to shut down. */
  public static IgniteSettings defaults() {
    return new IgniteSettings(
        10, Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofSeconds(10));
  }

  public IgniteSettings withThreads(int count) {
    return new IgniteSettings(count, sweep, patience, shutdown);
  }

  public IgniteSettings withSweep(Duration interval) {
    return new IgniteSettings(threads, interval, patience, shutdown);
  }

  public IgniteSettings withPatience(Duration limit) {
    return new IgniteSettings(threads, sweep, limit, shutdown);
  }

  public IgniteSettings withShutdown(Duration limit) {
    return new IgniteSettings(threads, sweep, patience, limit);
  }
}
