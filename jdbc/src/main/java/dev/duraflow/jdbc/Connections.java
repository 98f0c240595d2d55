package dev.duraflow.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import javax.sql.DataSource;

/**
 * The caller's connections, each borrowed for one thing and given back as it was. So a pool of one is enough, and nobody else who
 * uses it is kept waiting for longer than that thing takes.
 */
final class Connections {
  private static final long FIRST_PAUSE_NANOS = 10_000_000;
  private static final long MAX_PAUSE_NANOS = 500_000_000;

  private final DataSource dataSource;
  /** How long to try again. */
  private final Duration patience;

  Connections(DataSource dataSource, Duration patience) {
    this.dataSource = dataSource;
    this.patience = patience;
  }

  /** Something that may be done again if its answer was lost. */
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /** Does something once; each statement is a transaction. */
  <T> T borrow(Work<T> work) throws SQLException {
    // Pools and drivers give up when they find an interrupt, and it is not meant for them.
    boolean interrupted = Thread.interrupted();
    try (Connection connection = open()) {
      boolean commits = connection.getAutoCommit();
      if (commits) {
        return work.on(connection);
      }
      connection.setAutoCommit(true);
      try {
        return work.on(connection);
      } finally {
        if (!connection.isClosed()) {
          connection.setAutoCommit(false);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Connection open() throws SQLException {
    try {
      return dataSource.getConnection();
    } catch (RuntimeException e) {
      throw Trouble.noConnection(e);
    }
  }

  /** Does something once, as one transaction. */
  static <T> T inTransaction(Connection connection, Work<T> work) throws SQLException {
    connection.setAutoCommit(false);
    boolean isDone = false;
    try {
      T result = work.on(connection);
      connection.commit();
      isDone = true;
      return result;
    } finally {
      if (isDone) {
        connection.setAutoCommit(true);
      } else {
        rollBack(connection);
      }
    }
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      // The connection is broken, and so is the transaction; the first failure is the one to be
      // told.
    }
  }

  /** Does something once. */
  <T> T once(String doing, Work<T> work) {
    try {
      return borrow(work);
    } catch (SQLException e) {
      throw Trouble.failure(doing, e);
    }
  }

  /** Does something, again only if somebody else was in the way. */
  <T> T inTurn(String doing, Work<T> work) {
    return retrying(doing, Trouble::isBusy, () -> {}, work);
  }

  /** Does something, again and again if the trouble may pass, for as long as a lease lasts. */
  <T> T patiently(String doing, Work<T> work) {
    return retrying(doing, Trouble::isPassing, () -> {}, work);
  }

  /** The same as long as a run is not lost; then it is not waited for any longer. */
  <T> T patiently(Tenure tenure, String doing, Work<T> work) {
    return retrying(doing, Trouble::isPassing, tenure::throwIfLost, connection -> {
      tenure.begin(connection);
      try {
        return work.on(connection);
      } finally {
        tenure.end(connection);
      }
    });
  }

  private <T> T retrying(
      String doing, Predicate<SQLException> passes, Runnable check, Work<T> work) {
    long began = System.nanoTime(); // real time: it is the network's
    boolean interrupted = false;
    try {
      for (long pause = FIRST_PAUSE_NANOS; ; pause = Math.min(2 * pause, MAX_PAUSE_NANOS)) {
        check.run();
        try {
          return borrow(work);
        } catch (SQLException e) {
          check.run();
          if (!passes.test(e) || System.nanoTime() - began > patience.toNanos()) {
            throw Trouble.failure(doing, e);
          }
        }
        interrupted |= Thread.interrupted(); // or there would be no pause
        LockSupport.parkNanos(this, pause);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
