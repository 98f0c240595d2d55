package dev.duraflow.cluster;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * A thread that hears what PostgreSQL is told to tell, on a connection of its own, and in between looks at intervals for what it
 * may not have heard. If the connection breaks, it takes another one, and looks at once.
 */
final class Notifications implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.duraflow.cluster");
  private static final int VALID_SECONDS = 5;
  /** How long {@link #close()} waits for a database that does not answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final DataSource dataSource;
  private final Duration sweep;
  private final List<String> channels;
  private final Listener listener;
  private final Thread thread;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile @Nullable Connection current;

  /** Called by one thread. What it throws is logged, and tried again with the next sweep. */
  interface Listener {
    /** Something was told, once or more often, on one of the channels. */
    void told(String channel, List<String> payloads);

    /** Looks for everything that might have been told. */
    void sweep();
  }

  /** Begins to listen. */
  static Notifications of(
      String threadName,
      DataSource dataSource,
      Duration sweep,
      List<String> channels,
      Listener listener) {
    Notifications notifications =
        new Notifications(threadName, dataSource, sweep, channels, listener);
    notifications.thread.start();
    return notifications;
  }

  private Notifications(
      String threadName,
      DataSource dataSource,
      Duration sweep,
      List<String> channels,
      Listener listener) {
    this.dataSource = dataSource;
    this.sweep = sweep;
    this.channels = channels;
    this.listener = listener;
    this.thread = new Thread(this::run, threadName);
    thread.setDaemon(true);
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void run() {
    while (!isClosing()) {
      try (Connection connection = dataSource.getConnection()) {
        current = connection;
        hear(connection);
      } catch (SQLException | RuntimeException e) {
        if (!isClosing()) {
          LOG.log(
              System.Logger.Level.WARNING,
              "the connection for notifications broke; there will be another one",
              e);
          sweep(); // by other connections, if there are any
        }
      } finally {
        current = null;
      }
      pause();
    }
  }

  private void pause() {
    try {
      closing.await(sweep.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      closing.countDown(); // nobody does that but to end it
    }
  }

  private void hear(Connection connection) throws SQLException {
    connection.setAutoCommit(true);
    for (String channel : channels) {
      execute(connection, "listen " + channel);
    }
    PGConnection source = connection.unwrap(PGConnection.class);
    sweep();
    long next = System.nanoTime() + sweep.toNanos();
    while (!isClosing()) {
      long left = TimeUnit.NANOSECONDS.toMillis(next - System.nanoTime());
      tell(source.getNotifications((int) Math.max(1, left)));
      if (System.nanoTime() - next >= 0) {
        if (!connection.isValid(VALID_SECONDS)) {
          throw new SQLException("the connection is not valid any more");
        }
        sweep();
        next = System.nanoTime() + sweep.toNanos();
      }
    }
    execute(connection, "unlisten *"); // a pool may give it to somebody else
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void tell(PGNotification @Nullable [] notifications) {
    if (notifications == null || notifications.length == 0) {
      return;
    }
    for (String channel : channels) {
      List<String> payloads = new ArrayList<>();
      for (PGNotification notification : notifications) {
        if (notification.getName().equals(channel)) {
          payloads.add(notification.getParameter());
        }
      }
      if (!payloads.isEmpty()) {
        guarded(() -> listener.told(channel, payloads));
      }
    }
  }

  private void sweep() {
    guarded(listener::sweep);
  }

  private static void guarded(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a notification was of no use; the next sweep comes", e);
    }
  }

  /** Stops listening, and waits for that. */
  @Override
  public void close() {
    closing.countDown();
    Connection listening = current;
    if (listening != null) {
      try {
        // It may be waiting for a notification, and a pool must not get it back like that.
        listening.abort(Runnable::run);
      } catch (SQLException | RuntimeException e) {
        LOG.log(System.Logger.Level.DEBUG, "the connection could not be broken", e);
      }
    }
    boolean interrupted = false;
    try {
      thread.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
