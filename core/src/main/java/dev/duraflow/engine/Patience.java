package dev.duraflow.engine;

import dev.duraflow.error.RunLockedException;
import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long somebody who wants a run waits for its owner to give it up. Stores only say whether it is taken, so it is asked again
 * and again, at intervals that grow.
 */
public final class Patience {
  private static final long FIRST_INTERVAL_NANOS = 1_000_000;
  private static final long MAX_INTERVAL_NANOS = 100_000_000;

  private final Duration limit;

  public Patience(Duration limit) {
    this.limit = limit;
  }

  /**
   * Takes a run from a store.
   *
   * @throws RunLockedException if somebody has it to the end, or this thread is interrupted, and stays so
   */
  public OpenRun open(Store store, String runId, Durability durability) {
    long began = System.nanoTime(); // real time: the owner may be another process
    long limitNanos = TimeUnit.NANOSECONDS.convert(limit);
    for (long interval = FIRST_INTERVAL_NANOS;
        ;
        interval = Math.min(2 * interval, MAX_INTERVAL_NANOS)) {
      try {
        return store.open(runId, durability);
      } catch (RunLockedException e) {
        long left = limitNanos - (System.nanoTime() - began);
        if (limit.isZero()) {
          throw e;
        }
        if (left <= 0 || Thread.currentThread().isInterrupted()) {
          throw e.afterWaiting(Duration.ofNanos(System.nanoTime() - began));
        }
        LockSupport.parkNanos(this, Math.min(interval, left));
      }
    }
  }
}
