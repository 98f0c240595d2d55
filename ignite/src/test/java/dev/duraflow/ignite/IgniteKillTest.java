package dev.duraflow.ignite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.cluster.Effects;
import dev.duraflow.cluster.ForkedJvm;
import dev.duraflow.cluster.PostgresServer;
import dev.duraflow.dag.Dag;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.jdbc.JdbcStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.ignite.configuration.ClientConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/**
 * Workers, the node that an engine is connected to, and owners of runs, which are processes of their own, and die. One worker lives
 * through all tests. The nodes in this JVM have no workers.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class IgniteKillTest {
  private static final int ELEMENTS = 30;
  private static final int THREADS = 4;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final String URL = PostgresServer.newDatabase();
  private static final HikariDataSource POOL = PostgresServer.pool(URL, 20);
  private static ForkedJvm survivor;

  private final Dag dag = Effects.FACTORY.create(new Effects.Work(URL, ELEMENTS));
  private String runId;

  @BeforeAll
  static void start() throws IOException {
    PostgresServer.execute(POOL, Effects.tables());
    survivor = WorkerProcess.start(LocalNodes.FIRST_NODE.another(), URL, THREADS);
  }

  @AfterAll
  static void end() {
    survivor.close();
    POOL.close();
  }

  @BeforeEach
  void begin(TestInfo test) {
    runId = test.getTestMethod().orElseThrow().getName();
    PostgresServer.execute(POOL, "delete from effect", "delete from gate");
  }

  private long count(String where) {
    return Long.parseLong(PostgresServer.text(POOL, "select count(*) from effect where " + where));
  }

  /** Returns when there are so many effects. */
  private void await(int count, String where) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (count(where) < count) {
      assertThat(System.nanoTime())
          .as("%s effects where %s, and there are %s", count, where, count(where))
          .isLessThan(deadline);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private void openGate() {
    PostgresServer.execute(POOL, "insert into gate values (true)");
  }

  private static String by(ForkedJvm process, String what) {
    return "what = '" + what + "' and pid = " + process.pid();
  }

  private List<Long> performers(Run run) {
    @SuppressWarnings("unchecked") // declared so
    List<Long> all = (List<Long>) run.get(dag.find("work").orElseThrow());
    return all;
  }

  private interface Scene {
    void play(Duraflow duraflow) throws Exception;
  }

  private void with(Scene scene) throws Exception {
    with(Node.client(LocalNodes.FIRST_NODE), scene);
  }

  private void with(ClientConfiguration client, Scene scene) throws Exception {
    try (IgniteEngine engine = IgniteEngine.on(client);
        Duraflow duraflow = Duraflow.builder()
            .store(JdbcStore.on(POOL, RunProcess.STORE))
            .taskEngine(engine)
            .waitForRun(Duration.ofMinutes(1))
            .build()) {
      scene.play(duraflow);
    }
  }

  /** All elements are performed once by the survivor, beside what others have begun. */
  private void assertSurvivorHasDoneAll(Run run) {
    assertThat(performers(run)).hasSize(ELEMENTS).containsOnly(survivor.pid());
    assertThat(count(by(survivor, "begun"))).isEqualTo(ELEMENTS);
    assertThat(count(by(survivor, "done"))).isEqualTo(ELEMENTS);
  }

  @Test
  void workerThatJoins_helpsAtOnce_andIsReplacedWhenItIsKilled() throws Exception {
    with(duraflow -> {
      Run run = duraflow.start(dag, runId);
      await(THREADS, by(survivor, "begun"));
      try (ForkedJvm joiner = WorkerProcess.start(LocalNodes.FIRST_NODE.another(), URL, THREADS)) {
        await(THREADS, by(joiner, "begun"));
        joiner.kill();
        openGate();
        run.await();

        assertSurvivorHasDoneAll(run);
        assertThat(count(by(joiner, "begun"))).isEqualTo(THREADS);
      }
    });
  }

  private interface Blow {
    void strike(ForkedJvm process) throws Exception;
  }

  /** What other workers perform goes on, and is not begun again. */
  private void workerThatTheEngineIsConnectedTo(Blow blow, Blow afterwards) throws Exception {
    Node node = LocalNodes.FIRST_NODE.another();
    try (ForkedJvm victim = WorkerProcess.start(node, URL, THREADS)) {
      String[][] addresses = {{node.address()}};
      ClientConfiguration client = Node.client().setAddressesFinder(() -> addresses[0]);
      with(client, duraflow -> {
        Run run = duraflow.start(dag, runId);
        await(THREADS, by(victim, "begun"));
        await(THREADS, by(survivor, "begun"));
        addresses[0] = new String[] {node.address(), LocalNodes.SECOND_NODE.address()};
        blow.strike(victim);
        openGate();
        run.await();

        assertSurvivorHasDoneAll(run);
        assertThat(count(by(victim, "begun"))).isEqualTo(THREADS);
        afterwards.strike(victim);
        assertSurvivorHasDoneAll(duraflow.run(dag, runId));
      });
    }
  }

  @Test
  void workerThatTheEngineIsConnectedTo_isKilled_andReplaced() throws Exception {
    workerThatTheEngineIsConnectedTo(ForkedJvm::kill, victim -> {});
  }

  @Test
  void workerThatTheEngineIsConnectedTo_fallsSilent_andReplacesNothingWhenItGoesOn()
      throws Exception {
    workerThatTheEngineIsConnectedTo(victim -> victim.signal("STOP"), victim -> {
      victim.signal("CONT");
      await(THREADS, by(victim, "done"));
    });
  }

  @Test
  void ownerThatIsKilled_isReplaced_andWhatWasPerformedMeanwhileCounts() throws Exception {
    try (ForkedJvm owner = RunProcess.start(LocalNodes.FIRST_NODE, URL, runId, ELEMENTS)) {
      await(THREADS, by(survivor, "begun"));
      owner.kill();
      openGate();
      await(THREADS, by(survivor, "done"));
      with(duraflow -> {
        Run run = duraflow.run(dag, runId);

        assertSurvivorHasDoneAll(run);
        assertThat(run.reused()).isGreaterThanOrEqualTo(THREADS);
      });
    }
  }

  @Test
  void cancel_interruptsBodiesInOtherProcesses() throws Exception {
    with(duraflow -> {
      Run run = duraflow.start(dag, runId);
      await(THREADS, by(survivor, "begun"));
      run.cancel();

      assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
      await(THREADS, by(survivor, "interrupted"));
      assertThat(count("what = 'done'")).isZero();
      assertThat(count("what = 'begun'")).isEqualTo(THREADS);
    });
  }
}
