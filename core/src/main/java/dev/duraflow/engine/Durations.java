package dev.duraflow.engine;

import dev.duraflow.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How long the tasks of a DAG take: learnt from earlier runs, and observed in this one. Short tasks are left out, since the order
 * of those matters little and there may be very many. Thread-safe.
 */
public final class Durations {
  private static final System.Logger LOG = System.getLogger("dev.duraflow");

  private static final Duration SHORTEST = Duration.ofMillis(1);
  /** More are not kept: the longest of them matter most. */
  private static final int MOST = 10_000;

  private final @Nullable Store store;
  private final String dagName;
  private final Map<String, Duration> learnt;
  private final Map<String, Duration> observed = new ConcurrentHashMap<>();

  private Durations(@Nullable Store store, String dagName, Map<String, Duration> learnt) {
    this.store = store;
    this.dagName = dagName;
    this.learnt = learnt;
  }

  /** Nothing is known, and nothing is kept. */
  public static Durations unknown() {
    return new Durations(null, "", Map.of());
  }

  /** As far as a store has kept them; if it fails, the run goes on without. */
  public static Durations of(Store store, String dagName) {
    Map<String, Duration> learnt = Map.of();
    try {
      learnt = store.durations(dagName);
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "what tasks of DAG '" + dagName + "' took in earlier runs cannot be read",
          e);
    }
    return new Durations(store, dagName, learnt);
  }

  boolean areKnown() {
    return !learnt.isEmpty();
  }

  /** In nanoseconds; null if it is not known. */
  @Nullable
  Long nanos(String taskId) {
    Duration known = learnt.get(taskId);
    return known == null ? null : known.toNanos();
  }

  /** In nanoseconds, the shortest that is known; 1 if none is. What is not known was shorter, or is new. */
  long shortestNanos() {
    long shortest = Long.MAX_VALUE;
    for (Duration known : learnt.values()) {
      shortest = Math.min(shortest, known.toNanos());
    }
    return learnt.isEmpty() ? 1 : Math.max(1, shortest);
  }

  void observe(String taskId, Instant startedAt, Instant finishedAt) {
    Duration taken = Duration.between(startedAt, finishedAt);
    if (taken.compareTo(SHORTEST) >= 0) {
      observed.put(taskId, taken);
    }
  }

  /** Has the store keep them: of a task that was known, the mean of before and now, so that one odd run is no rule. */
  void keep() {
    if (store == null || observed.isEmpty()) {
      return;
    }
    Map<String, Duration> all = new HashMap<>(learnt);
    observed.forEach((taskId, taken) ->
        all.merge(taskId, taken, (before, now) -> before.plus(now).dividedBy(2)));
    Map<String, Duration> kept = all;
    if (all.size() > MOST) {
      kept = new LinkedHashMap<>();
      for (Map.Entry<String, Duration> each : all.entrySet().stream()
          .sorted(Map.Entry.<String, Duration>comparingByValue().reversed())
          .limit(MOST)
          .toList()) {
        kept.put(each.getKey(), each.getValue());
      }
    }
    store.keepDurations(dagName, kept);
  }
}
