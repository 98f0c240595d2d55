package dev.duraflow.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.duraflow.error.StoreException;
import dev.duraflow.remote.Invocation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No password gets from a pool or driver into a message or a log. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
final class TellableSourceTest {
  private interface Opening {
    Connection open() throws Exception;
  }

  private static DataSource source(Opening opening) {
    return (DataSource) Proxy.newProxyInstance(
        DataSource.class.getClassLoader(),
        new Class<?>[] {DataSource.class},
        (proxy, method, arguments) -> {
          assertThat(method.getName()).isEqualTo("getConnection");
          return opening.open();
        });
  }

  private static String printed(Throwable e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static SQLException nested(String message) {
    return new SQLException(
        "failed", "08001", new IllegalStateException("x", new RuntimeException(message)));
  }

  @Test
  void failureToConnect_withASecretAnywhere_isToldWithoutIt() {
    for (String message : List.of(
        "cannot parse jdbc:postgresql://db/x?user=me&password=hunter2",
        "no route to postgres://me:hunter2@db:5432/x",
        "unknown host me:hunter2@db",
        "login failed: Password = hunter2")) {
      SQLException next = new SQLException("failed", "08001");
      next.setNextException(new SQLException(message));
      SQLException suppressed = new SQLException("failed", "08001");
      suppressed.addSuppressed(new SQLException(message));
      for (Exception e : List.of(
          new SQLException(message, "08001"),
          new SQLTransientConnectionException(message, "08001"),
          new IllegalArgumentException(message),
          nested(message),
          next,
          suppressed)) {
        Throwable told = catchThrowable(() -> ClusterEngine.on(source(() -> {
          throw e;
        })));
        assertThat(told).isInstanceOf(StoreException.class);
        assertThat(printed(told)).doesNotContain("hunter2").contains("no connection");
        assertThat(Tables.isPassing(told)).isEqualTo(!(e instanceof IllegalArgumentException));
      }
    }
  }

  @Test
  void failureToConnect_withoutOne_isToldAsItIs() {
    SQLException e = new SQLException("password authentication failed for user \"me\"", "28P01");
    assertThatThrownBy(() -> ClusterEngine.on(source(() -> {
          throw e;
        })))
        .hasCause(e)
        .hasMessageContaining("password authentication failed");
  }

  /** By the JDK's own logging, which is where it goes unless something else is there. */
  private static final class Heard extends Handler {
    final BlockingQueue<String> all = new LinkedBlockingQueue<>();

    @Override
    public void publish(LogRecord told) {
      all.add(told.getMessage() + (told.getThrown() == null ? "" : printed(told.getThrown())));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}

    void await(String text) throws InterruptedException {
      for (String told = all.take(); ; told = all.take()) {
        assertThat(told).doesNotContain("hunter2");
        if (told.contains(text) && told.contains("no connection")) {
          return;
        }
      }
    }
  }

  @Test
  void log_whileTheDatabaseIsAway_holdsNoPassword() throws Exception {
    String url = PostgresServer.newDatabase();
    AtomicBoolean isAway = new AtomicBoolean();
    CompletableFuture<Connection> listening = new CompletableFuture<>();
    DataSource source = source(() -> {
      if (isAway.get()) {
        throw new SQLException("cannot connect to " + url + "&password=hunter2", "08001");
      }
      Connection connection = DriverManager.getConnection(url);
      if (Thread.currentThread().getName().equals("duraflow-engine")) {
        listening.complete(connection);
      }
      return connection;
    });
    Heard heard = new Heard();
    Logger logger = Logger.getLogger("dev.duraflow.cluster");
    logger.addHandler(heard);
    try (ClusterEngine engine =
        ClusterEngine.on(source, ClusterSettings.defaults().withSweep(Duration.ofMillis(50)))) {
      Connection first = listening.get();
      isAway.set(true);
      first.abort(Runnable::run);
      heard.await("the connection for notifications broke");
      CompletableFuture<Void> stage = engine
          .submit(new Invocation("run", 1, "dag", "null", "0", "task", 1))
          .toCompletableFuture();
      heard.await("the database takes nothing now");
      assertThat(stage).isNotDone();
    } finally {
      logger.removeHandler(heard);
    }
  }
}
