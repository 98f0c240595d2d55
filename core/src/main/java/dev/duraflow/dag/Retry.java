package dev.duraflow.dag;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What happens when an attempt at a task fails: how often it is tried, how long it waits before the next attempt, and for which
 * failures that is worth while. Immutable; each method returns a changed copy.
 *
 * <pre>{@code
 * Retry.times(5).backoff(Duration.ofMillis(200), Duration.ofSeconds(30)).jitter(0.5).retryIf(e -> e instanceof IOException)
 * }</pre>
 *
 * What a retry is for is the body: what it throws, and a timeout. That an output could not be encoded or recorded is no matter of
 * trying again, nor is a cancellation.
 */
public final class Retry {
  private static final Retry NEVER =
      new Retry(1, Duration.ZERO, Duration.ZERO, 0, null, Counting.AFRESH);

  private final int maxAttempts;
  private final Duration first;
  private final Duration longest;
  private final double jitter;
  private final @Nullable Predicate<? super Throwable> worthwhile;
  private final Counting counting;

  /** Which attempts count against the most that there may be. */
  private enum Counting {
    AFRESH,
    ACROSS_PROCESSES
  }

  private Retry(
      int maxAttempts,
      Duration first,
      Duration longest,
      double jitter,
      @Nullable Predicate<? super Throwable> worthwhile,
      Counting counting) {
    this.maxAttempts = maxAttempts;
    this.first = first;
    this.longest = longest;
    this.jitter = jitter;
    this.worthwhile = worthwhile;
    this.counting = counting;
  }

  /** One attempt and no more; for a task in a DAG whose default is another. */
  public static Retry never() {
    return NEVER;
  }

  /** At most so many attempts, the first included, one right after the other. */
  public static Retry times(int maxAttempts) {
    if (maxAttempts < 1) {
      throw new IllegalArgumentException("maxAttempts must be >= 1: " + maxAttempts);
    }
    return new Retry(maxAttempts, Duration.ZERO, Duration.ZERO, 0, null, Counting.AFRESH);
  }

  /** Waits as long before every attempt but the first. */
  public Retry backoff(Duration delay) {
    return backoff(delay, delay);
  }

  /** Waits before the second attempt, and before each further one twice as long as before the last, up to a longest delay. */
  public Retry backoff(Duration first, Duration longest) {
    if (first.isNegative()) {
      throw new IllegalArgumentException("a delay must not be negative: " + first);
    }
    if (longest.compareTo(first) < 0) {
      throw new IllegalArgumentException(
          "the longest delay must be >= the first, " + first + ": " + longest);
    }
    return new Retry(maxAttempts, first, longest, jitter, worthwhile, counting);
  }

  /**
   * Shortens each delay by a random part of it, so that what failed together is not tried again together.
   *
   * @param part the most that is taken away, from 0 to 1; with 1 a delay is anything between nothing and its full length
   */
  public Retry jitter(double part) {
    if (!(part >= 0 && part <= 1)) {
      throw new IllegalArgumentException("jitter must be between 0 and 1: " + part);
    }
    return new Retry(maxAttempts, first, longest, part, worthwhile, counting);
  }

  /**
   * Tries again only after failures of which this is true. If the predicate throws, the task fails, and what it threw is
   * suppressed in the failure.
   */
  public Retry retryIf(Predicate<? super Throwable> predicate) {
    return new Retry(
        maxAttempts, first, longest, jitter, Objects.requireNonNull(predicate), counting);
  }

  /**
   * Lets attempts of earlier processes count: a task of whose attempts two failed before the process died has two fewer. By
   * default a run that is resumed begins to count anew. Either way the numbers of attempts go on. It takes a store that keeps
   * the history of runs, as the journal does.
   */
  public Retry acrossProcesses() {
    return new Retry(maxAttempts, first, longest, jitter, worthwhile, Counting.ACROSS_PROCESSES);
  }

  public int maxAttempts() {
    return maxAttempts;
  }

  /** Whether attempts of earlier processes count. */
  public boolean isAcrossProcesses() {
    return counting == Counting.ACROSS_PROCESSES;
  }

  /** Whether an attempt that failed so is worth another, if there is one left. */
  public boolean isWorthwhileAfter(Throwable failure) {
    return worthwhile == null || worthwhile.test(failure);
  }

  /**
   * How long to wait after some attempts have failed.
   *
   * @param failedAttempts at least 1
   * @param random from 0 to 1, for the jitter
   */
  public Duration delayAfter(int failedAttempts, double random) {
    Duration delay = first;
    for (int i = 1; i < failedAttempts && delay.compareTo(longest) < 0; i++) {
      delay = delay.compareTo(longest.dividedBy(2)) > 0 ? longest : delay.multipliedBy(2);
    }
    double kept = 1 - jitter * random;
    return kept == 1 ? delay : Duration.ofNanos((long) (delay.toNanos() * kept));
  }
}
