package dev.duraflow.jdbc;

import dev.duraflow.error.RunLostException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The time in which one process owns a run, as that process knows it, or in which it is a guest of that owner. It ends with the
 * first refusal of the database, or when its lease may have ended without anybody knowing. Thread-safe.
 */
final class Tenure {
  final String runId;
  /** The run's number in the tables. */
  final long run;

  final long epoch;
  final boolean isGuest;
  private final CompletableFuture<String> stop = new CompletableFuture<>();
  private final Set<Connection> busy = ConcurrentHashMap.newKeySet();
  private volatile @Nullable RunLostException lost;
  private volatile boolean isOver;
  /** By {@link System#nanoTime}; the database decides, and this is for when it cannot be asked. */
  private volatile long safeUntilNanos;

  /** @param askedAtNanos when the database was asked for the lease, which has begun then or later */
  Tenure(String runId, long run, long epoch, boolean isGuest, long askedAtNanos, Duration lease) {
    this.runId = runId;
    this.run = run;
    this.epoch = epoch;
    this.isGuest = isGuest;
    this.safeUntilNanos = askedAtNanos + lease.toNanos();
  }

  void renewed(long askedAtNanos, Duration lease) {
    safeUntilNanos = askedAtNanos + lease.toNanos();
  }

  boolean mayHaveEnded(long nowNanos) {
    return nowNanos - safeUntilNanos > 0;
  }

  CompletionStage<String> stopRequested() {
    return stop.copy();
  }

  /** Nothing more is to be saved in it, and what comes of it matters to nobody. */
  void end() {
    isOver = true;
  }

  void cancel(String whoAsked) {
    stop.complete(whoAsked);
  }

  boolean goesOn() {
    return lost == null && !isOver;
  }

  void throwIfLost() {
    RunLostException how = lost;
    if (how != null) {
      throw how;
    }
  }

  /** Ends it, and every wait for a database that does not answer. */
  RunLostException lose(String how, @Nullable Throwable cause) {
    RunLostException first;
    synchronized (this) {
      first = lost;
      if (first == null) {
        first = new RunLostException(runId, how);
        if (cause != null) {
          first.initCause(cause);
        }
        lost = first;
      }
    }
    busy.forEach(Tenure::abort);
    if (!isOver) {
      stop.completeExceptionally(first);
    }
    return first;
  }

  /** Notes a connection that a save waits for. */
  void begin(Connection connection) {
    busy.add(connection);
    if (lost != null) {
      abort(connection);
    }
  }

  void end(Connection connection) {
    busy.remove(connection);
  }

  private static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException | RuntimeException e) {
      // The wait ends with the driver's own time limit then; nobody counts on what it does.
    }
  }
}
