package dev.duraflow.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Renews the leases of a store's runs, and ends those that could not be renewed in time. It has two daemon threads while there are
 * runs: one asks the database and may have to wait for it, the other one watches the time.
 *
 * <p>A process that was stopped for longer than its lease finds its time over when it goes on. The database is asked first then,
 * since the run may be nobody else's yet.
 */
final class Heartbeat {
  /** So many signs of life a lease. */
  private static final int BEATS = 3;

  private static final int LOOKS = 20;

  private final Duration lease;
  private final Beat beat;
  private final Set<Tenure> tenures = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ScheduledThreadPoolExecutor threads;
  private volatile @Nullable Throwable trouble;
  private volatile long lastLookNanos;

  /** Asks the database. */
  interface Beat {
    /**
     * Renews or ends a tenure.
     *
     * @throws SQLException if the database could not be asked; then it is soon asked again
     */
    void ask(Tenure tenure) throws SQLException;
  }

  Heartbeat(Duration lease, Beat beat) {
    this.lease = lease;
    this.beat = beat;
  }

  void add(Tenure tenure) {
    lock.lock();
    try {
      tenures.add(tenure);
      if (threads == null) {
        ScheduledThreadPoolExecutor started = new ScheduledThreadPoolExecutor(2, task -> {
          Thread thread = new Thread(task, "duraflow-lease");
          thread.setDaemon(true);
          return thread;
        });
        started.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        threads = started;
        lastLookNanos = System.nanoTime();
        long look = lease.toNanos() / LOOKS;
        Future<?> unused =
            started.scheduleWithFixedDelay(this::look, look, look, TimeUnit.NANOSECONDS);
        beatLater(started, lease.toNanos() / BEATS);
      }
    } finally {
      lock.unlock();
    }
  }

  void remove(Tenure tenure) {
    lock.lock();
    try {
      tenures.remove(tenure);
      if (tenures.isEmpty() && threads != null) {
        threads.shutdown();
        threads = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void beatLater(ScheduledThreadPoolExecutor on, long delayNanos) {
    lock.lock();
    try {
      if (threads == on) {
        Future<?> unused = on.schedule(() -> beat(on), delayNanos, TimeUnit.NANOSECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  private void beat(ScheduledThreadPoolExecutor on) {
    Throwable failed = null;
    for (Tenure tenure : tenures) {
      try {
        if (tenure.goesOn()) {
          beat.ask(tenure);
        }
      } catch (SQLException e) {
        failed = Trouble.tellable(e);
        if (Trouble.isPassing(e)) {
          break; // it is everybody's
        }
      } catch (Throwable e) {
        failed = e;
      }
    }
    trouble = failed;
    beatLater(on, lease.toNanos() / (failed == null ? BEATS : LOOKS));
  }

  private void look() {
    long now = System.nanoTime();
    boolean wasStopped = now - lastLookNanos > lease.toNanos() / 2;
    lastLookNanos = now;
    if (wasStopped) {
      return;
    }
    for (Tenure tenure : tenures) {
      if (tenure.mayHaveEnded(now) && tenure.goesOn()) {
        tenure.lose(
            "its lease of " + lease.toMillis() / 1e3
                + " s ended, and the database could not be asked to renew it",
            trouble);
      }
    }
  }
}
