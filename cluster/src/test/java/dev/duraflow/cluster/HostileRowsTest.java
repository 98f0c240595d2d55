package dev.duraflow.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.TaskWorker;
import dev.duraflow.dag.Dag;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.event.RunState;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.Invocation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows that no engine and no worker has written: they are data, and never become objects of a class that they name. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class HostileRowsTest {
  private static final AtomicInteger MADE = new AtomicInteger();

  /** Held, since one that nobody holds is forgotten together with its handlers. */
  private static final Logger LOG = Logger.getLogger("dev.duraflow.cluster");

  private final HikariDataSource pool = PostgresServer.pool(PostgresServer.newDatabase(), 20);
  private final JdbcStore store = JdbcStore.on(pool);
  private final ClusterSettings settings =
      ClusterSettings.defaults().withThreads(2).withSweep(Duration.ofMillis(50));
  private final DagFactory<?> factory = DagFactory.named("plain", () -> {
    Dag dag = Dag.named("plain");
    dag.task("one", () -> 1);
    return dag;
  });

  /** Tells when it is made of bytes. */
  private static final class Gadget implements Serializable {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      MADE.incrementAndGet();
    }
  }

  @AfterEach
  void close() {
    pool.close();
  }

  private static byte[] serialized() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(new Gadget());
    }
    return bytes.toByteArray();
  }

  private void insert(String id, byte[] data) throws Exception {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement("insert into duraflow_execution"
            + " (task_name, task_instance, task_data, execution_time, picked, version)"
            + " values ('duraflow', ?, ?, now() - interval '1 hour', false, 1)")) {
      statement.setString(1, id);
      statement.setBytes(2, data);
      statement.executeUpdate();
    }
  }

  private static byte[] json(String text) {
    return text.replace("GADGET", Gadget.class.getName()).getBytes(UTF_8);
  }

  @Test
  void bytesThatTheirReaderWouldMakeAnObjectOf_areRefused_andTheWorkerGoesOn() throws Exception {
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(serialized()))) {
      in.readObject();
    }
    assertThat(MADE.getAndSet(0)).as("they would").isEqualTo(1);

    try (ClusterEngine engine = ClusterEngine.on(pool, settings);
        TaskWorker tasks = TaskWorker.on(store, DagFactories.of(factory));
        Duraflow duraflow = Duraflow.builder().store(store).taskEngine(engine).build()) {
      Map<String, byte[]> rows = Map.of(
          "a serialized object", serialized(),
          "a class in an array", json("[\"GADGET\", {}]"),
          "a class in a field", json("{\"@class\": \"GADGET\"}"),
          "a class for an argument",
              json("{\"runId\": \"run\", \"epoch\": 1, \"factory\": [\"GADGET\", {}],"
                  + " \"parameters\": \"null\", \"check\": \"0\", \"taskId\": \"one\","
                  + " \"attempt\": 1}"),
          "nothing of the kind", new byte[1_000_000]);
      for (Map.Entry<String, byte[]> row : rows.entrySet()) {
        insert(row.getKey(), row.getValue());
      }
      insert("nothing", null);
      try (ClusterWorker worker = ClusterWorker.start(pool, tasks, settings)) {
        assertThat(worker).isNotNull();
        assertThat(duraflow.run(factory.create(), "run").state()).isEqualTo(RunState.SUCCEEDED);
        while (!"6"
            .equals(PostgresServer.text(
                pool, "select count(*) from duraflow_execution where consecutive_failures > 0"))) {
          Thread.onSpinWait();
        }
      }
    }
    assertThat(MADE).hasValue(0);
  }

  /** A newer worker may know what it is, so it stays; but nobody may have to read of it each second. */
  @Test
  void rowThatIsNoInvocation_isLeftAloneForLongerEachTime_andToldOfOnce() throws Exception {
    List<String> warnings = new CopyOnWriteArrayList<>();
    Handler handler = new Handler() {
      @Override
      public void publish(LogRecord told) {
        if (Level.WARNING.equals(told.getLevel())) {
          warnings.add(told.getMessage());
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    ClusterEngine.on(pool, settings).close();
    insert("is new", json("{\"a\":\n1}"));
    insert(
        "has no task",
        json("{\"runId\": \"run\", \"epoch\": 1, \"factory\": \"plain\","
            + " \"parameters\": \"null\", \"fingerprint\": \"0\", \"taskId\": null,"
            + " \"attempt\": 1}"));
    insert("failed thrice", new byte[] {0, 10});
    insert("failed very often", null);
    PostgresServer.execute(
        pool,
        "update duraflow_execution set consecutive_failures = 3 where task_instance = 'failed thrice'",
        "update duraflow_execution set consecutive_failures = 2147483646"
            + " where task_instance = 'failed very often'");
    LOG.addHandler(handler);
    try (TaskWorker tasks = TaskWorker.on(store, DagFactories.of(factory));
        ClusterWorker worker = ClusterWorker.start(pool, tasks, settings)) {
      assertThat(worker).isNotNull();
      while (!"4"
          .equals(PostgresServer.text(
              pool, "select count(*) from duraflow_execution where last_failure is not null"))) {
        Thread.onSpinWait();
      }
    } finally {
      LOG.removeHandler(handler);
    }
    assertThat(PostgresServer.text(
            pool,
            "select string_agg(extract(epoch from execution_time - last_failure)::int"
                + " / (case consecutive_failures when 4 then 8 when 2147483647 then 3600"
                + " else 2 ^ (consecutive_failures - 1) end)::int || '', ' ')"
                + " from duraflow_execution where not picked"))
        .isEqualTo("1 1 1 1");
    assertThat(warnings)
        .hasSize(2)
        .allMatch(text -> text.lines().count() == 1)
        .anyMatch(text -> text.contains("row 'is new' of duraflow_execution is no invocation")
            && text.contains("{\"a\":?1}"))
        .anyMatch(text -> text.contains("row 'has no task'") && text.contains("taskId=null"));
  }

  @Test
  void failureThatNamesAClass_isTextOnly() {
    Invocation invocation = new Invocation("run", 1, "plain", "null", "0", "one", 1);
    try (ClusterEngine engine = ClusterEngine.on(pool, settings)) {
      CompletableFuture<Void> stage = engine.submit(invocation).toCompletableFuture();
      while ("0".equals(PostgresServer.text(pool, "select count(*) from duraflow_execution"))) {
        Thread.onSpinWait();
      }
      PostgresServer.execute(
          pool,
          "insert into duraflow_failure (invocation, advice, type, message) values ('"
              + Invocations.id(invocation) + "', 'of a newer version', '" + Gadget.class.getName()
              + "', 'hello')",
          "delete from duraflow_execution");

      CompletionException thrown = catchThrowableOfType(CompletionException.class, stage::join);
      assertThat(thrown.getCause()).isInstanceOf(RemoteTaskException.class);
      RemoteTaskException failure = (RemoteTaskException) thrown.getCause();
      assertThat(failure.failureType()).isEqualTo(Gadget.class.getName());
      assertThat(failure.advice()).isEqualTo(RemoteTaskException.Advice.UNDECIDED);
    }
    assertThat(MADE).hasValue(0);
  }
}
