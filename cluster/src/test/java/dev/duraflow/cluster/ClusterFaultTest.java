package dev.duraflow.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.TaskWorker;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.Invocation;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes wrong between engine, workers and database, all of them in this process. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class ClusterFaultTest {
  private int brokenConnections;
  private final String url = PostgresServer.newDatabase();
  private final HikariDataSource pool = PostgresServer.pool(url, 30);
  private final JdbcStore store = JdbcStore.on(pool);
  private final ClusterSettings settings =
      ClusterSettings.defaults().withThreads(4).withShutdown(Duration.ofMillis(200));

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger calls = new AtomicInteger();
  private final DagFactory<?> factory = DagFactory.named("faults", this::declare);

  private Dag declare() {
    Dag dag = Dag.named("faults").retry(Retry.times(3));
    Task<List<Integer>> numbers = dag.task(
            "numbers", () -> IntStream.range(0, 50).boxed().toList())
        .returns(new TypeRef<List<Integer>>() {})
        .local();
    dag.map("square", numbers, String::valueOf, n -> {
      calls.incrementAndGet();
      begun.countDown();
      go.await();
      return n * n;
    });
    return dag;
  }

  @AfterEach
  void close() {
    go.countDown();
    pool.close();
  }

  private TaskWorker tasks() {
    return TaskWorker.on(store, DagFactories.of(factory));
  }

  private Duraflow duraflow(ClusterEngine engine) {
    return Duraflow.builder().store(store).taskEngine(engine).build();
  }

  /** The table is not synced, so a crash of the database may take rows, and nobody tells of that. */
  @Test
  void rowsThatACrashTook_areSubmittedAgain() throws Exception {
    DagFactory<?> plain = DagFactory.named("plain", () -> {
      Dag dag = Dag.named("plain"); // and without retries
      for (int i = 0; i < 20; i++) {
        dag.task("task-" + i, calls::incrementAndGet);
      }
      return dag;
    });
    ClusterSettings sweeping = settings.withSweep(Duration.ofMillis(100));
    try (ClusterEngine engine = ClusterEngine.on(pool, sweeping);
        Duraflow duraflow = duraflow(engine)) {
      Run run = duraflow.start(plain.create(), "run");
      while ("0".equals(PostgresServer.text(pool, "select count(*) from duraflow_execution"))) {
        Thread.onSpinWait();
      }
      try (Connection connection = DriverManager.getConnection(url);
          Statement statement = connection.createStatement()) {
        statement.execute("set session_replication_role = replica"); // no triggers
        assertThat(statement.executeUpdate("delete from duraflow_execution")).isPositive();
      }
      try (TaskWorker tasks = TaskWorker.on(store, DagFactories.of(plain));
          ClusterWorker worker = ClusterWorker.start(pool, tasks, sweeping)) {
        assertThat(worker).isNotNull();
        run.await();
      }
    }
    assertThat(calls).hasValue(20);
  }

  /** Those who come second must not go by what their session knows of the catalog from before. */
  @Test
  void startersAtTheSameTime_createTheTablesOnce() throws Exception {
    int starters = 8;
    ExecutorService threads = Executors.newFixedThreadPool(starters);
    try {
      for (int i = 0; i < 10; i++) {
        String fresh = PostgresServer.newDatabase();
        CyclicBarrier all = new CyclicBarrier(starters);
        List<Future<?>> started = new ArrayList<>();
        for (int j = 0; j < starters; j++) {
          started.add(threads.submit(() -> {
            // Open before all begin, or one would be through before the next has its own.
            DataSource opened = only(DriverManager.getConnection(fresh));
            all.await(1, TimeUnit.MINUTES);
            new Tables(opened, ClusterSettings.defaults(), Rights.WORKER).create();
            return null;
          }));
        }
        for (Future<?> starter : started) {
          starter.get();
        }
        try (HikariDataSource after = PostgresServer.pool(fresh, 1)) {
          assertThat(PostgresServer.text(after, "select count(*) from duraflow_cluster_schema"))
              .isEqualTo("1");
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** One connection, for one who asks once and closes it. */
  private static DataSource only(Connection connection) {
    return (DataSource) Proxy.newProxyInstance(
        DataSource.class.getClassLoader(),
        new Class<?>[] {DataSource.class},
        (proxy, method, arguments) -> {
          assertThat(method.getName()).isEqualTo("getConnection");
          return connection;
        });
  }

  /**
   * By a connection of its own, since those of the pool are what may break. Who listens has said nothing else, or was asked whether it
   * is valid.
   */
  private void breakNotifications() throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet broken =
            statement.executeQuery("select count(pg_terminate_backend(pid)) from pg_stat_activity"
                + " where datname = current_database() and pid <> pg_backend_pid()"
                + " and (query like 'listen%' or query = '')")) {
      broken.next();
      brokenConnections += broken.getInt(1);
    }
  }

  @Test
  void notificationsThatBreak_areTakenUpAgain() throws Exception {
    try (ClusterEngine engine = ClusterEngine.on(pool, settings);
        TaskWorker tasks = tasks();
        ClusterWorker worker = ClusterWorker.start(pool, tasks, settings);
        Duraflow duraflow = duraflow(engine)) {
      assertThat(worker).isNotNull();
      Run run = duraflow.start(factory.create(), "run");
      begun.await();
      breakNotifications();
      go.countDown();
      breakNotifications();

      assertThat(brokenConnections).isPositive();
      assertThat(run.await(Duration.ofMinutes(1))).isTrue();
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(calls).hasValue(50);
    }
  }

  @Test
  void withoutAnyNotification_sweepsFindEverything() throws Exception {
    try (ClusterEngine engine = ClusterEngine.on(pool, settings);
        TaskWorker tasks = tasks();
        ClusterWorker worker = ClusterWorker.start(pool, tasks, settings);
        Duraflow duraflow = duraflow(engine)) {
      assertThat(worker).isNotNull();
      PostgresServer.execute(
          pool,
          "drop trigger duraflow_execution_added on duraflow_execution",
          "drop trigger duraflow_execution_removed on duraflow_execution");
      go.countDown();

      assertThat(duraflow.run(factory.create(), "run").state()).isEqualTo(RunState.SUCCEEDED);
    }
  }

  @Test
  void workerThatIsClosed_leavesItsTasksToOthers() throws Exception {
    try (ClusterEngine engine = ClusterEngine.on(pool, settings);
        TaskWorker tasks = tasks();
        Duraflow duraflow = duraflow(engine)) {
      Run run;
      try (ClusterWorker first = ClusterWorker.start(pool, tasks, settings)) {
        assertThat(first).isNotNull();
        run = duraflow.start(factory.create(), "run");
        begun.await();
      }
      assertThat(run.failures()).isEmpty();
      go.countDown();
      try (ClusterWorker second = ClusterWorker.start(pool, tasks, settings)) {
        assertThat(second).isNotNull();
        assertThat(run.await(Duration.ofMinutes(1))).isTrue();
      }
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    }
  }

  @Test
  void engineThatIsClosed_failsWhatIsUnderWay() {
    ClusterEngine engine = ClusterEngine.on(pool, settings);
    Invocation invocation = new Invocation("run", 1, "faults", "null", "0", "square[1]", 1);
    CompletableFuture<Void> stage = engine.submit(invocation).toCompletableFuture();
    engine.close();

    assertThatThrownBy(stage::join).hasCauseInstanceOf(PlacementException.class);
    assertThatThrownBy(() -> engine.submit(invocation).toCompletableFuture().join())
        .hasCauseInstanceOf(PlacementException.class);
  }

  @Test
  void cancelledBeforeItBegan_isTakenAway() {
    try (ClusterEngine engine = ClusterEngine.on(pool, settings)) {
      engine
          .submit(new Invocation("run", 1, "faults", "null", "0", "square[1]", 1))
          .toCompletableFuture()
          .cancel(true);
    }
    assertThat(PostgresServer.text(pool, "select count(*) from duraflow_execution"))
        .isEqualTo("0");
  }

  @Test
  void tablesInASchemaOfTheirOwn_areCreatedOnce() {
    PostgresServer.execute(pool, "create schema elsewhere");
    ClusterSettings own = settings.withSchema("elsewhere");
    for (int i = 0; i < 2; i++) {
      ClusterEngine.on(pool, own).close();
    }
    assertThat(PostgresServer.text(pool, "select version from elsewhere.duraflow_cluster_schema"))
        .isEqualTo("1");
  }

  @Test
  void tablesOfANewerVersion_areRefused() {
    ClusterEngine.on(pool, settings).close();
    PostgresServer.execute(pool, "insert into duraflow_cluster_schema values (99)");

    assertThatThrownBy(() -> ClusterEngine.on(pool, settings))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("version 99");
  }

  @Test
  void failureWithAnyText_isToldAsItIs() {
    DagFactory<?> odd = DagFactory.named("odd", () -> {
      Dag dag = Dag.named("odd");
      dag.<String>task("bad", () -> {
            throw new IllegalStateException("zero \0, half \ud800 and " + "x".repeat(100_000));
          })
          .returns(String.class);
      return dag;
    });
    try (ClusterEngine engine = ClusterEngine.on(pool, settings);
        TaskWorker tasks = TaskWorker.on(store, DagFactories.of(odd));
        ClusterWorker worker = ClusterWorker.start(pool, tasks, settings);
        Duraflow duraflow = duraflow(engine)) {
      assertThat(worker).isNotNull();
      assertThatThrownBy(() -> duraflow.run(odd.create()))
          .hasMessageContaining("java.lang.IllegalStateException: zero ?, half ? and xxx");
    }
  }
}
