package dev.duraflow.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.jdbc.JdbcStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Workers and owners of runs that are processes of their own, and die. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class ClusterKillTest {
  private static final int ELEMENTS = 30;
  private static final int THREADS = 4;
  private static final int HEARTBEAT_MILLIS = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final String url = PostgresServer.newDatabase();
  private final HikariDataSource pool = PostgresServer.pool(url, 20);
  private final Dag dag = Effects.FACTORY.create(new Effects.Work(url, ELEMENTS));

  ClusterKillTest() {
    PostgresServer.execute(pool, Effects.tables());
  }

  @AfterEach
  void close() {
    pool.close();
  }

  private ForkedJvm worker() throws IOException {
    return ForkedJvm.of(WorkerProcess.class, url, THREADS, HEARTBEAT_MILLIS);
  }

  private long count(String where) {
    return Long.parseLong(PostgresServer.text(pool, "select count(*) from effect where " + where));
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

  private void awaitNoExecutions() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!"0".equals(PostgresServer.text(pool, "select count(*) from duraflow_execution"))) {
      assertThat(System.nanoTime()).as("there are still executions").isLessThan(deadline);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private void openGate() {
    PostgresServer.execute(pool, "insert into gate values (true)");
  }

  private static String by(ForkedJvm process, String what) {
    return "what = '" + what + "' and pid = " + process.pid();
  }

  private List<Long> performers(Run run) {
    return run.find("work", new TypeRef<List<Long>>() {}).orElseGet(() -> {
      @SuppressWarnings("unchecked") // declared so
      List<Long> all = (List<Long>) run.get(dag.find("work").orElseThrow());
      return all;
    });
  }

  private interface Scene {
    void play(Duraflow duraflow) throws Exception;
  }

  private void with(Scene scene) throws Exception {
    try (ClusterEngine engine = ClusterEngine.on(pool);
        Duraflow duraflow = Duraflow.builder()
            .store(JdbcStore.on(pool, RunProcess.STORE))
            .taskEngine(engine)
            .waitForRun(Duration.ofMinutes(1))
            .build()) {
      scene.play(duraflow);
    }
  }

  @Test
  void workerThatIsKilled_isReplacedByAnother() throws Exception {
    try (ForkedJvm victim = worker();
        ForkedJvm other = worker()) {
      with(duraflow -> {
        Run run = duraflow.start(dag, "run");
        await(THREADS, by(victim, "begun"));
        await(THREADS, by(other, "begun"));
        victim.kill();
        openGate();
        run.await();

        assertThat(performers(run)).hasSize(ELEMENTS).containsOnly(other.pid());
        assertThat(count("what = 'done'")).isEqualTo(ELEMENTS);
        assertThat(count("what = 'begun'")).isEqualTo(ELEMENTS + THREADS);
      });
    }
  }

  @Test
  void workerThatStoppedAndGoesOn_doesNotReplaceWhatOthersRecorded() throws Exception {
    try (ForkedJvm zombie = worker();
        ForkedJvm other = worker()) {
      with(duraflow -> {
        Run run = duraflow.start(dag, "run");
        await(THREADS, by(zombie, "begun"));
        await(THREADS, by(other, "begun"));
        zombie.signal("STOP");
        openGate();
        run.await();
        List<Long> performers = performers(run);
        assertThat(performers).hasSize(ELEMENTS).containsOnly(other.pid());

        zombie.signal("CONT");
        await(THREADS, by(zombie, "done"));
        // Once it has taken something new, it is through with that.
        duraflow.run(Effects.FACTORY.create(new Effects.Work(url, 200)), "another");
        assertThat(performers(duraflow.run(dag, "run"))).isEqualTo(performers);
      });
    }
  }

  @Test
  void ownerThatIsKilled_isReplaced_andWhatWasPerformedMeanwhileCounts() throws Exception {
    try (ForkedJvm worker = worker();
        ForkedJvm owner = ForkedJvm.of(RunProcess.class, url, ELEMENTS)) {
      await(THREADS, by(worker, "begun"));
      owner.kill();
      openGate();
      await(1, by(worker, "done"));
      with(duraflow -> {
        Run run = duraflow.run(dag, "run");

        assertThat(performers(run)).hasSize(ELEMENTS).containsOnly(worker.pid());
        assertThat(run.reused()).isPositive();
        // Only what was under way when the next owner came may have been performed twice.
        assertThat(count("what = 'done'")).isBetween((long) ELEMENTS, (long) ELEMENTS + THREADS);
      });
    }
  }

  @Test
  void workerThatJoins_helpsWithWhatIsThere() throws Exception {
    try (ForkedJvm first = worker()) {
      with(duraflow -> {
        Run run = duraflow.start(dag, "run");
        await(THREADS, by(first, "begun"));
        try (ForkedJvm joiner = worker()) {
          await(THREADS, by(joiner, "begun"));
          openGate();
          run.await();

          assertThat(performers(run)).contains(first.pid(), joiner.pid());
        }
        assertThat(count("what = 'begun'")).isEqualTo(ELEMENTS);
      });
    }
  }

  @Test
  void cancel_interruptsBodiesInOtherProcesses() throws Exception {
    try (ForkedJvm worker = worker()) {
      with(duraflow -> {
        Run run = duraflow.start(dag, "run");
        await(THREADS, by(worker, "begun"));
        run.cancel();

        assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
        await(THREADS, by(worker, "interrupted"));
        assertThat(count("what = 'done'")).isZero();
        assertThat(count("what = 'begun'")).isLessThan(ELEMENTS);
        awaitNoExecutions();
      });
    }
  }
}
