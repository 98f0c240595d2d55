package dev.duraflow.engine;

import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** How often the tasks of a run have been tried. Thread-safe; one task is told of by one thread at a time. */
final class Attempts {
  private final @Nullable Records records;
  /** Of tasks that have failed in this process, by id. */
  private final ConcurrentMap<String, Failed> failed = new ConcurrentHashMap<>();

  /**
   * The attempts at a task that have failed.
   *
   * @param before those of earlier processes
   * @param here those of this one
   * @param firstStartedAt when the first of these began
   */
  record Failed(int before, int here, Instant firstStartedAt) {
    /** The number within the run of the last that failed. */
    int number() {
      return before + here;
    }

    /** How many more there may be; 0 or less for none. */
    int left(Retry retry) {
      return retry.maxAttempts() - (retry.isAcrossProcesses() ? number() : here);
    }
  }

  Attempts(@Nullable Records records) {
    this.records = records;
  }

  /** The number within the run of the attempt at a task that is under way, or would be next. */
  int next(String taskId) {
    Failed known = failed.get(taskId);
    return 1 + (known == null ? before(taskId) : known.number());
  }

  /** How many more attempts there may be after the one that is under way. */
  int leftAfterThis(String taskId, Retry retry) {
    Failed known = failed.get(taskId);
    Failed soFar = known == null ? new Failed(before(taskId), 0, Instant.EPOCH) : known;
    return soFar.left(retry) - 1;
  }

  /** How long the attempt that begins now may take; null for as long as it wants. */
  @Nullable
  Duration timeout(Task<?> declared, Instant now) {
    Duration timeout = declared.options().timeout();
    Duration total = declared.options().totalTimeout();
    if (total == null) {
      return timeout;
    }
    Duration left = total.minus(elapsed(declared.id(), now));
    return timeout != null && timeout.compareTo(left) < 0 ? timeout : left;
  }

  /** How long ago the first attempt of this process began. */
  private Duration elapsed(String taskId, Instant now) {
    Failed known = failed.get(taskId);
    return known == null ? Duration.ZERO : Duration.between(known.firstStartedAt, now);
  }

  /** The attempt that was under way has failed. */
  Failed fail(String taskId, Instant startedAt) {
    Failed known = failed.get(taskId);
    Failed now = known == null
        ? new Failed(before(taskId), 1, startedAt)
        : new Failed(known.before, known.here + 1, known.firstStartedAt);
    failed.put(taskId, now);
    return now;
  }

  private int before(String taskId) {
    return records == null ? 0 : records.failedAttempts(taskId);
  }
}
