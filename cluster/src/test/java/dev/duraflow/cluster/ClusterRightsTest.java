package dev.duraflow.cluster;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.TaskWorker;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.jdbc.JdbcSettings;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Coordinators and workers need no more rights than {@code docs/formats.md} says, and no fewer. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class ClusterRightsTest {
  private static final JdbcSettings RUNS = JdbcSettings.defaults().withSchema("duraflow");
  private static final ClusterSettings WORK = ClusterSettings.defaults()
      .withSchema("duraflow")
      .withThreads(16)
      .withSweep(Duration.ofMillis(50))
      .withHeartbeat(Duration.ofMillis(100))
      .withShutdown(Duration.ofMillis(200));

  private final String url = PostgresServer.newDatabase();
  private final HikariDataSource owner = PostgresServer.pool(url, 2);
  private final HikariDataSource coordinator = poolOfNew("coordinator");
  private final HikariDataSource worker = poolOfNew("worker");

  private final DagFactory<?> factory = DagFactory.named("rights", this::declare);
  private final AtomicInteger flaky = new AtomicInteger();
  private final AtomicInteger slow = new AtomicInteger();
  private volatile CountDownLatch worked = new CountDownLatch(2);
  private final CountDownLatch interrupted = new CountDownLatch(1);
  /** For bodies that nobody can be asked to give up, since just that right is missing. */
  private volatile CountDownLatch released = new CountDownLatch(1);

  private HikariDataSource poolOfNew(String role) {
    PostgresServer.execute(owner, "create role " + role + " login");
    return PostgresServer.pool(url.replace("user=postgres", "user=" + role), 30);
  }

  private Dag declare() {
    Dag dag = Dag.named("rights").retry(Retry.times(50));
    Task<String> large = dag.task("large", () -> "x".repeat(1_000_000));
    dag.task("length", large, text -> {
      int length = TaskContext.current().step("measured", text::length);
      worked.countDown();
      return length;
    });
    dag.task("flaky", () -> {
      if (flaky.incrementAndGet() < 3) {
        throw new IllegalStateException("not yet");
      }
      worked.countDown();
      return flaky.get();
    });
    dag.task("slow", () -> {
          if (slow.incrementAndGet() == 1) {
            new CountDownLatch(1).await();
          }
          return slow.get();
        })
        .timeout(Duration.ofSeconds(1));
    return dag;
  }

  /** Does what the other does, and waits to be cancelled. */
  private final DagFactory<?> endless = DagFactory.named("endless", () -> {
    Dag dag = declare();
    dag.task("blocked", () -> {
      try {
        released.await();
      } finally {
        interrupted.countDown();
      }
      return 0;
    });
    return dag;
  });

  @BeforeEach
  void grant() throws IOException {
    PostgresServer.execute(owner, "create schema duraflow");
    JdbcStore.on(owner, RUNS);
    ClusterEngine.on(owner, WORK).close();
    for (String block :
        List.of("coordinator", "worker", "coordinator of a cluster", "worker of a cluster")) {
      PostgresServer.execute(owner, grants(block));
    }
  }

  @AfterEach
  void drop() {
    worker.close();
    coordinator.close();
    for (String role : List.of("coordinator", "worker")) {
      PostgresServer.execute(owner, "drop owned by " + role, "drop role " + role);
    }
    owner.close();
  }

  private static String[] grants(String block) throws IOException {
    Matcher found = Pattern.compile(
            "<!-- rights of a " + block + " -->\\s*```sql\\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(Path.of("../docs/formats.md")));
    assertThat(found.find()).as(block).isTrue();
    return found.group(1).strip().split(";\\s*");
  }

  /** One that is to be granted, or was revoked. */
  private record Right(String name, String role) {
    String object() {
      return name.replaceFirst(".* on (table |schema |sequence )?", "");
    }

    String granted() {
      return "grant " + name + " to " + role;
    }

    String revoked() {
      return "revoke " + name + " from " + role;
    }
  }

  /** Each privilege on each column or table for itself. */
  private static List<Right> rights(String block) throws IOException {
    List<Right> rights = new ArrayList<>();
    for (String grant : grants(block)) {
      Matcher parts = Pattern.compile("grant (.*?)\\s+on (schema |sequence )?(.*) to (\\w+)")
          .matcher(grant);
      assertThat(parts.matches()).as(grant).isTrue();
      String kind = parts.group(2) == null ? "" : parts.group(2);
      for (String object : parts.group(3).split(", ", -1)) {
        for (String privilege : parts.group(1).split(", (?![^(]*\\))", -1)) {
          Matcher columns = Pattern.compile("(\\w+) \\((.*)\\)").matcher(privilege);
          String[] each =
              columns.matches() ? columns.group(2).split(", ", -1) : new String[] {privilege};
          for (String one : each) {
            String what = columns.matches() ? columns.group(1) + " (" + one + ")" : one;
            rights.add(new Right(what + " on " + kind + object, parts.group(4)));
          }
        }
      }
    }
    return rights;
  }

  private TaskWorker tasks(DataSource dataSource) {
    return TaskWorker.on(JdbcStore.on(dataSource, RUNS), DagFactories.of(factory, endless));
  }

  private static Duraflow duraflow(DataSource dataSource, ClusterEngine engine) {
    return Duraflow.builder()
        .store(JdbcStore.on(dataSource, RUNS))
        .taskEngine(engine)
        .build();
  }

  private void awaitNone(String query) {
    while (!"0".equals(PostgresServer.text(owner, "select count(*) from duraflow." + query))) {
      Thread.onSpinWait();
    }
  }

  @Test
  void rolesWithTheLeastRights_doAllThatTheyAreFor() throws Exception {
    PostgresServer.execute(
        owner,
        "insert into duraflow.duraflow_failure (invocation, failed_at, message)"
            + " values ('nobody comes for it', now() - interval '2 days', 'x')",
        "insert into duraflow.duraflow_execution (task_name, task_instance, execution_time, picked,"
            + " version, given_up) values ('duraflow', 'of a dead run', now(), false, 1, true)");
    try (ClusterEngine engine = ClusterEngine.on(coordinator, WORK);
        TaskWorker tasks = tasks(worker);
        ClusterWorker performing = ClusterWorker.start(worker, tasks, WORK);
        Duraflow duraflow = duraflow(coordinator, engine)) {
      assertThat(performing).isNotNull();
      Run run = duraflow.run(factory.create(), "good");
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.find("length", Integer.class)).contains(1_000_000);
      assertThat(run.find("flaky", Integer.class)).contains(3);
      assertThat(slow.get()).isGreaterThan(1);

      worked = new CountDownLatch(2);
      Run cancelled = duraflow.start(endless.create(), "cancelled");
      worked.await();
      cancelled.cancel();
      assertThat(cancelled.await(Duration.ofMinutes(1))).isTrue();
      assertThat(cancelled.state()).isEqualTo(RunState.CANCELLED);
      interrupted.await();

      awaitNone("duraflow_failure where invocation = 'nobody comes for it'");
      awaitNone("duraflow_execution");
    }
  }

  @Test
  void eachRight_isNeeded() throws Exception {
    Denials denials = new Denials();
    DataSource coordinating = denials.of(coordinator);
    DataSource working = denials.of(worker);
    List<Right> rights = new ArrayList<>(rights("worker"));
    rights.addAll(rights("coordinator of a cluster"));
    rights.addAll(rights("worker of a cluster"));
    assertThat(rights).hasSizeGreaterThan(25);
    try (ClusterEngine engine = ClusterEngine.on(coordinating, WORK);
        TaskWorker tasks = tasks(working);
        ClusterWorker performing = ClusterWorker.start(working, tasks, WORK);
        Duraflow duraflow = duraflow(coordinating, engine)) {
      assertThat(performing).isNotNull();
      for (Right right : rights) {
        flaky.set(0);
        slow.set(1);
        worked = new CountDownLatch(2);
        released = new CountDownLatch(1);
        PostgresServer.execute(owner, right.revoked());
        CompletableFuture<String> denial = denials.next();
        PostgresServer.execute(
            owner,
            "insert into duraflow.duraflow_execution"
                + " (task_name, task_instance, task_data, execution_time, picked, version)"
                + " values ('duraflow', 'to be tried again', 'none', now(), false, 1)");
        for (DataSource each : List.of(coordinating, working)) {
          try {
            JdbcStore.on(each, RUNS);
            ClusterEngine.on(each, WORK).close();
          } catch (StoreException e) { // which is what is looked for
          }
        }
        Run run = duraflow.start(endless.create(), right.name());
        CompletableFuture<Void> done = CompletableFuture.runAsync(() -> {
          try {
            worked.await(20, SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
        CompletableFuture.anyOf(denial, done).join();
        run.cancel();
        assertThat(denial)
            .as(right.name())
            .succeedsWithin(Duration.ofSeconds(20))
            .asString()
            .contains("permission denied for")
            .contains(right.object().replace("duraflow.", ""));
        PostgresServer.execute(owner, right.granted());
        worked.countDown();
        worked.countDown();
        released.countDown();
        assertThat(run.await(Duration.ofMinutes(1))).isTrue();
        PostgresServer.execute(
            owner,
            "delete from duraflow.duraflow_execution where task_instance = 'to be tried again'");
      }
      flaky.set(0);
      assertThat(duraflow.run(factory.create(), "at the end").state())
          .isEqualTo(RunState.SUCCEEDED);
    }
  }

  @Test
  void startWithoutARight_saysWhichOneItIs() throws Exception {
    for (Right right : rights("coordinator of a cluster")) {
      PostgresServer.execute(owner, right.revoked());
      assertIsSaid(right, () -> ClusterEngine.on(coordinator, WORK).close());
      PostgresServer.execute(owner, right.granted());
    }
    try (TaskWorker tasks = tasks(worker)) {
      for (Right right : rights("worker of a cluster")) {
        PostgresServer.execute(owner, right.revoked());
        assertIsSaid(right, () -> ClusterWorker.start(worker, tasks, WORK).close());
        PostgresServer.execute(owner, right.granted());
      }
    }
    assertThatCode(() -> ClusterEngine.on(coordinator, WORK).close()).doesNotThrowAnyException();
  }

  private static void assertIsSaid(Right right, Runnable start) {
    assertThatThrownBy(start::run)
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("role '" + right.role() + "' lacks " + right.name() + ";")
        .hasMessageContaining("docs/formats.md");
  }

  @Test
  void startWithoutTheSchemaOrTheTables_saysWhatIsMissing() {
    PostgresServer.execute(owner, "revoke usage on schema duraflow from coordinator");
    assertThatThrownBy(() -> ClusterEngine.on(coordinator, WORK))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("permission denied for schema duraflow")
        .hasMessageContaining("docs/formats.md");
    PostgresServer.execute(
        owner,
        "grant usage on schema duraflow to coordinator",
        "drop table duraflow.duraflow_cluster_schema");
    assertThatThrownBy(() -> ClusterEngine.on(coordinator, WORK))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("permission denied for schema duraflow")
        .hasMessageContaining("who owns the schema");
  }

  @Test
  void roles_cannotDoMore() {
    List<String> nobody = List.of(
        "drop table duraflow.duraflow_execution",
        "drop table duraflow.duraflow_record",
        "drop schema duraflow cascade",
        "create table duraflow.mine (x int)",
        "truncate duraflow.duraflow_execution",
        "alter table duraflow.duraflow_execution disable trigger all",
        "create or replace function duraflow.duraflow_execution_changed() returns trigger"
            + " language plpgsql as 'begin return null; end'",
        "update duraflow.duraflow_cluster_schema set version = 99",
        "insert into duraflow.duraflow_schema values (99, 0)",
        "update duraflow.duraflow_execution set task_data = 'x'",
        "update duraflow.duraflow_execution set task_name = 'x'",
        "delete from duraflow.duraflow_run",
        "delete from duraflow.duraflow_record",
        "delete from duraflow.duraflow_note",
        "set session_replication_role = replica");
    for (String statement : nobody) {
      assertIsDenied(coordinator, statement);
      assertIsDenied(worker, statement);
    }
    for (String statement : List.of(
        "update duraflow.duraflow_execution set picked = true",
        "update duraflow.duraflow_execution set version = 1",
        "insert into duraflow.duraflow_failure (invocation, message) values ('x', 'x')",
        "update duraflow.duraflow_failure set message = 'x'")) {
      assertIsDenied(coordinator, statement);
    }
    for (String statement : List.of(
        "insert into duraflow.duraflow_execution"
            + " (task_name, task_instance, execution_time, picked, version)"
            + " values ('duraflow', 'x', now(), false, 1)",
        "update duraflow.duraflow_execution set given_up = true",
        "insert into duraflow.duraflow_run (run_id, created_at, changed_at, epoch)"
            + " values ('x', 1, 1, 1)",
        "update duraflow.duraflow_run set epoch = 1",
        "update duraflow.duraflow_run set cancelled_by = 'x'",
        "update duraflow.duraflow_record set payload = ''",
        "update duraflow.duraflow_chunk set bytes = ''",
        "delete from duraflow.duraflow_chunk",
        "select * from duraflow.duraflow_note",
        "insert into duraflow.duraflow_note (run, position, save_id, epoch, kind, noted_at)"
            + " values (1, 1, 1, 1, 'ENDED', 1)",
        "select * from duraflow.duraflow_duration",
        "insert into duraflow.duraflow_duration values ('x', '{}', 1)")) {
      assertIsDenied(worker, statement);
    }
  }

  private static void assertIsDenied(DataSource role, String statement) {
    assertThatThrownBy(() -> PostgresServer.execute(role, statement))
        .as(statement)
        .hasMessageMatching("(?s).*(permission denied|must be owner).*");
  }
}
