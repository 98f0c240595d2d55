package dev.duraflow.engine;

import dev.duraflow.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
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
  static final int MOST = 10_000;

  private final @Nullable Store store;
  private final String dagName;
  private final Map<String, Duration> learnt;
  /** Of tasks that are learnt of. */
  private final Map<String, Duration> again = new ConcurrentHashMap<>();
  /** Of others: a run may have millions, so all but the longest are dropped whenever there are twice as many as are kept. */
  final Map<String, Duration> observed = new ConcurrentHashMap<>();
  /** What takes no longer is not among the longest. Grows, in the monitor only. */
  private volatile Duration tooShort = SHORTEST.minusNanos(1);

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
    if (learnt.containsKey(taskId)) {
      again.put(taskId, taken); // even if it is short now, or what it took once would stay for ever
    } else if (taken.compareTo(tooShort) > 0) {
      observed.put(taskId, taken);
      if (observed.size() > 2 * MOST) {
        dropShort();
      }
    }
  }

  private synchronized void dropShort() {
    if (observed.size() <= 2 * MOST) {
      return; // somebody else has
    }
    Map<String, Duration> longest = longest(observed);
    tooShort = Collections.min(longest.values());
    observed.keySet().retainAll(longest.keySet());
  }

  /** Has the store keep them: of a task that was known, the mean of before and now, so that one odd run is no rule. */
  void keep() {
    if (store == null || (observed.isEmpty() && again.isEmpty())) {
      return;
    }
    Map<String, Duration> all = new HashMap<>(observed);
    learnt.forEach((taskId, before) -> {
      Duration now = again.getOrDefault(taskId, before);
      all.put(taskId, before.plus(now).dividedBy(2));
    });
    all.values().removeIf(taken -> taken.compareTo(SHORTEST) < 0);
    store.keepDurations(dagName, longest(all));
  }

  private static Map<String, Duration> longest(Map<String, Duration> all) {
    if (all.size() <= MOST) {
      return all;
    }
    Map<String, Duration> longest = new HashMap<>();
    all.entrySet().stream()
        .sorted(Map.Entry.<String, Duration>comparingByValue().reversed())
        .limit(MOST)
        .forEach(each -> longest.put(each.getKey(), each.getValue()));
    return longest;
  }
}
