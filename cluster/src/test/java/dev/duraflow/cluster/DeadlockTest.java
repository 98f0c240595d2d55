package dev.duraflow.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Execution;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.dag.Dag;
import dev.duraflow.error.StoreException;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.Invocation;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Statements on many rows wait for each other in one direction only, and one that a foreign statement gets in the way of is repeated.
 *
 * <p>Rows are written in the order that is not that of their ids. {@code a} is the first by its id, and a transaction of the test
 * has it; who waits for that must not have {@code b}.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class DeadlockTest {
  private static final int ROUNDS = Boolean.getBoolean("duraflow.nightly") ? 200 : 15;

  private final String url = PostgresServer.newDatabase();
  private final HikariDataSource pool = PostgresServer.pool(url, 40);
  private final ClusterSettings settings = ClusterSettings.defaults()
      .withThreads(8)
      .withSweep(Duration.ofMillis(50))
      .withHeartbeat(Duration.ofMillis(50));
  private final Tables tables = new Tables(pool, settings, Rights.WORKER);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeEach
  void create() {
    tables.create();
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    pool.close();
  }

  private static Execution picked(String id, long version) {
    Instant now = Instant.EPOCH;
    TaskInstance<Void> instance = new TaskInstance<>(Invocations.TASK_NAME, id);
    return new Execution(now, instance, true, "somebody", null, null, 0, now, version);
  }

  private static Invocation invocation(int number) {
    return new Invocation("run", 1, "nobody knows it", "null", "0", "task-" + number, 1);
  }

  private String deadlocks() {
    return PostgresServer.text(
        pool, "select deadlocks from pg_stat_database where datname = current_database()");
  }

  @Test
  void coordinatorsAndWorkers_doNotDeadlock() throws Exception {
    PostgresServer.execute(
        pool,
        "do $$ begin execute 'alter database ' || current_database()"
            + " || ' set deadlock_timeout = ''10ms'''; end $$");
    List<Invocation> all = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      all.add(invocation(i));
    }
    DagFactory<?> other = DagFactory.named("other", () -> Dag.named("other"));
    try (HikariDataSource fresh = PostgresServer.pool(url, 40);
        TaskWorker tasks = TaskWorker.on(JdbcStore.on(fresh), DagFactories.of(other));
        ClusterWorker first = ClusterWorker.start(fresh, tasks, settings);
        ClusterWorker second = ClusterWorker.start(fresh, tasks, settings)) {
      assertThat(List.of(first, second)).doesNotContainNull();
      Tables coordinator = new Tables(fresh, settings, Rights.COORDINATOR);
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        Random random = new Random(thread);
        running.add(threads.submit(() -> {
          for (int round = 0; round < ROUNDS; round++) {
            perform(coordinator, random, all);
          }
          return null;
        }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    assertThat(deadlocks()).isEqualTo("0");
  }

  private static void perform(Tables tables, Random random, List<Invocation> all) {
    List<Invocation> some = new ArrayList<>(all);
    Collections.shuffle(some, random);
    Map<String, Invocation> invocations = new LinkedHashMap<>();
    some.subList(0, 40).forEach(one -> invocations.put(Invocations.id(one), one));
    List<String> ids = List.copyOf(invocations.keySet());
    tables.submit(invocations);
    tables.remove(ids.stream().map(id -> picked(id, 1 + random.nextInt(2))).toList());
    tables.submit(invocations);
    tables.giveUp(ids);
    tables.givenUp(Set.copyOf(ids));
    tables.takeFailures(ids);
  }

  private void insert(String id, boolean picked) {
    PostgresServer.execute(
        pool,
        "insert into duraflow_execution (task_name, task_instance, task_data, execution_time, picked,"
            + " version) values ('duraflow', '" + id + "', 'x', now(), " + picked + ", 1)");
  }

  /** By whatever way the rows are found; small tables are read as a whole. */
  private void planWithout(String plans) {
    for (String plan : plans.split(",", -1)) {
      PostgresServer.execute(
          pool,
          "do $$ begin execute 'alter database ' || current_database() || ' set " + plan
              + " = off'; end $$");
    }
    pool.getHikariPoolMXBean().softEvictConnections();
  }

  /** A transaction of somebody else. */
  private Connection transaction(String... statements) throws SQLException {
    Connection connection = DriverManager.getConnection(url);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
    return connection;
  }

  private void awaitWaiting(int count) {
    String query = "select count(*) from pg_stat_activity where datname = current_database()"
        + " and wait_event_type = 'Lock'";
    while (!String.valueOf(count).equals(PostgresServer.text(pool, query))
        && !Thread.currentThread().isInterrupted()) {
      Thread.onSpinWait();
    }
  }

  private String rows(String condition) {
    return PostgresServer.text(
        pool,
        "select string_agg(task_instance, ',' order by task_instance) from duraflow_execution"
            + " where " + condition);
  }

  /** The heartbeat of {@code a} is what is waited for, and must not save it. */
  private void assertLocksInOrder(Consumer<Tables> statement) throws Exception {
    try (Connection other = transaction(
        "update duraflow_execution set last_heartbeat = now()" + " where task_instance = 'a'")) {
      Future<?> waiting = threads.submit(() -> statement.accept(tables));
      awaitWaiting(1);
      assertThat(PostgresServer.text(
              pool,
              "select count(*) from (select from duraflow_execution where task_instance = 'b'"
                  + " for update skip locked) as free"))
          .isEqualTo("1");
      other.commit();
      waiting.get();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"enable_seqscan", "enable_indexscan,enable_bitmapscan"})
  void removal_waitsForTheFirstRow_withoutTheOthers(String plans) throws Exception {
    planWithout(plans);
    insert("b", true);
    insert("c", true);
    insert("a", true);
    assertLocksInOrder(
        tables -> tables.remove(List.of(picked("b", 1), picked("c", 2), picked("a", 1))));
    assertThat(rows("true")).as("the one that was taken over").isEqualTo("c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"enable_seqscan", "enable_indexscan,enable_bitmapscan"})
  void givingUp_waitsForTheFirstRow_withoutTheOthers(String plans) throws Exception {
    planWithout(plans);
    insert("b", false);
    insert("a", true);
    assertLocksInOrder(tables -> tables.giveUp(List.of("b", "a")));
    assertThat(rows("given_up")).isEqualTo("a");
    assertThat(rows("not given_up")).isNull();
  }

  @Test
  void submission_waitsForTheFirstRow_withoutTheOthers() throws Exception {
    insert("a", true);
    Map<String, Invocation> both = new LinkedHashMap<>();
    both.put("b", invocation(1));
    both.put("a", invocation(2));
    try (Connection other = transaction("delete from duraflow_execution");
        Connection probe = transaction("set local lock_timeout = '10s'")) {
      Future<?> waiting = threads.submit(() -> tables.submit(both));
      awaitWaiting(1);
      try (Statement insert = probe.createStatement()) {
        assertThat(insert.executeUpdate(
                "insert into duraflow_execution (task_name, task_instance, execution_time, picked,"
                    + " version) values ('duraflow', 'b', now(), false, 1) on conflict do nothing"))
            .isOne();
      }
      probe.rollback();
      other.commit();
      waiting.get();
    }
    assertThat(rows("not picked")).isEqualTo("a,b");
  }

  @Test
  void sweep_waitsForNobody() throws Exception {
    insert("b", false);
    insert("a", false);
    PostgresServer.execute(
        pool,
        "update duraflow_execution set given_up = true",
        "insert into duraflow_failure (invocation, failed_at, message)"
            + " values ('b', now() - interval '2 days', 'x'), ('a', now() - interval '2 days', 'x')");
    try (Connection other = transaction(
        "select from duraflow_execution where task_instance = 'a' for update",
        "select from duraflow_failure where invocation = 'a' for update")) {
      assertThat(threads.submit(() -> tables.givenUp(Set.of("a"))).get()).containsExactly("a");
      assertThat(rows("true")).isEqualTo("a");
      assertThat(
              PostgresServer.text(pool, "select string_agg(invocation, ',') from duraflow_failure"))
          .isEqualTo("a");
      other.rollback();
    }
    assertThat(tables.givenUp(Set.of("a"))).isEmpty();
    assertThat(rows("true")).isNull();
  }

  /**
   * The worker has {@code a} and waits for {@code b}; then somebody who has {@code c} waits for {@code a}, and is patient; then
   * the worker waits for {@code c}, and PostgreSQL takes its transaction back.
   */
  @Test
  void transactionThatIsTakenBack_isBegunAnew() throws Exception {
    List.of("a", "b", "c").forEach(id -> insert(id, true));
    String lock = "select from duraflow_execution where task_instance = ";
    try (Connection between = transaction(lock + "'b' for update");
        Connection patient =
            transaction("set local deadlock_timeout = '1h'", lock + "'c' for update")) {
      Future<?> removal = threads.submit(
          () -> tables.remove(List.of(picked("a", 1), picked("b", 1), picked("c", 1))));
      awaitWaiting(1);
      Future<Integer> locking = threads.submit(() -> {
        try (Statement statement = patient.createStatement();
            ResultSet rows = statement.executeQuery(lock + "'a' for update")) {
          return rows.next() ? 1 : 0;
        }
      });
      awaitWaiting(2);
      between.rollback();
      assertThat(locking.get()).isOne();
      patient.rollback();
      removal.get();
    }
    assertThat(rows("true")).isNull();
    while ("0"
        .equals(deadlocks())) { // told a little later; more than one, if it was first at 'a' again
      Thread.onSpinWait();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"40001", "40P01", "08006", "57P01", "53300"})
  void othersInTheWay_pass(String state) {
    StoreException failure = new StoreException("no", new SQLException("no", state));
    assertThat(Tables.isPassing(failure)).isTrue();
    assertThat(Tables.isPassing(new StoreException("no", new SQLException("no", "42501"))))
        .isFalse();
  }

  @Test
  void batchThatDoesNotPass_isKeptForTheNextSweep() throws Exception {
    List<Integer> done = Collections.synchronizedList(new ArrayList<>());
    List<Integer> refused = Collections.synchronizedList(new ArrayList<>());
    try (Batches<Integer> batches = new Batches<>("test", batch -> {
      if (refused.size() < 3) {
        refused.addAll(batch);
        throw new StoreException("no", new SQLException("deadlock detected", "40P01"));
      }
      done.addAll(batch);
    })) {
      IntStream.range(0, 3).forEach(batches::add);
      while (done.size() < 3 && !Thread.currentThread().isInterrupted()) {
        batches.again();
      }
    }
    assertThat(done).containsExactlyInAnyOrder(0, 1, 2);
    assertThat(refused).hasSizeGreaterThanOrEqualTo(3);
  }
}
