package dev.duraflow;

import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.Task;
import dev.duraflow.engine.Records;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Durable calls outside any DAG. All are records of one run, taken at the first call. A step's lock is held from the look for
 * its record until it is durable, so that of threads racing for one step the first computes it and the others find it.
 */
final class Steps implements AutoCloseable {
  static final String RUN_ID = "steps";

  private static final Inputs NO_INPUTS = new Inputs() {
    @Override
    public <T extends @Nullable Object> T get(Task<T> task) {
      throw new IllegalArgumentException("a step has no inputs");
    }
  };

  private final Function<String, Records> open;
  private final Clock clock;
  private final ConcurrentMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();
  private @Nullable Records records;

  Steps(Function<String, Records> open, Clock clock) {
    this.open = open;
    this.clock = clock;
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // decoded as the task's type, which may be nullable
  <T extends @Nullable Object> T step(Task<T> task) throws Exception {
    Records opened = records();
    ReentrantLock lock = locks.computeIfAbsent(task.id(), id -> new ReentrantLock());
    lock.lock(); // no monitor: until Java 24 a virtual thread that waits within one holds on to its
    // carrier
    try {
      if (opened.isFinished(task)) {
        return (T) opened.load(task);
      }
      Instant startedAt = clock.instant();
      T value = task.call(NO_INPUTS);
      opened.saveAndWait(opened.record(task, value, 1, startedAt, clock.instant()));
      return value;
    } finally {
      lock.unlock();
    }
  }

  private synchronized Records records() {
    Records opened = records;
    if (opened == null) {
      opened = open.apply(RUN_ID);
      records = opened;
    }
    return opened;
  }

  @Override
  public synchronized void close() {
    if (records != null) {
      records.close();
      records = null;
    }
  }
}
