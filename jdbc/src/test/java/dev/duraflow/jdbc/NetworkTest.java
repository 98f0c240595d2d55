package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunLostException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunHistory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What comes of runs when the server or the way to it fails. */
final class NetworkTest {
  private static final int TASKS = 300;

  private interface Trouble {
    void make() throws Exception;
  }

  /** A chain beside independent tasks, with trouble in the midst of it. */
  private static Dag dag(AtomicInteger calls, Trouble trouble) {
    Dag dag = Dag.named("troubled");
    Task<Integer> chain = dag.task("chain 0", () -> 0);
    for (int i = 1; i < TASKS / 2; i++) {
      boolean isMiddle = i == TASKS / 4;
      chain = dag.task("chain " + i, chain, n -> {
        calls.incrementAndGet();
        if (isMiddle) {
          trouble.make();
        }
        return n + 1;
      });
    }
    List<Task<Integer>> others = IntStream.range(0, TASKS / 2)
        .mapToObj(i -> dag.task("other " + i, () -> {
          calls.incrementAndGet();
          return i;
        }))
        .toList();
    dag.gather("sum", others, values -> values.stream().mapToInt(n -> n).sum());
    return dag;
  }

  private static void assertWhole(JdbcStore store, Run run, AtomicInteger calls) {
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(calls).hasValue(TASKS - 1);
    try (RunHistory history = store.read(run.id())) {
      assertThat(history.records().count()).isEqualTo(TASKS + 1);
      assertThat(history.notes().count()).isEqualTo(2); // none twice
    }
  }

  @Test
  void serverThatCrashesAndComesBack_doesNotFailTheRun() {
    try (PostgresServer server = PostgresServer.ofItsOwn(18);
        HikariDataSource pool = PostgresServer.pool(server.newDatabase(), 4)) {
      AtomicInteger calls = new AtomicInteger();
      Dag dag = dag(calls, () -> {
        server.crash();
        Thread restart = new Thread(() -> {
          try {
            server.restart();
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
        restart.start();
      });
      JdbcStore store =
          JdbcStore.on(pool, JdbcSettings.defaults().withLease(Duration.ofMinutes(1)));
      Run run = Duraflow.builder().store(store).maxConcurrency(4).build().run(dag, "run");
      assertWhole(store, run, calls);
    }
  }

  @Test
  void connectionsThatBreak_doNotFailTheRun() throws Exception {
    PostgresServer server = PostgresServer.shared(18);
    String url = server.newDatabase();
    try (TcpRelay relay = new TcpRelay(server.port());
        HikariDataSource pool =
            PostgresServer.pool(url.replace(":" + server.port(), ":" + relay.port()), 1)) {
      AtomicInteger calls = new AtomicInteger();
      JdbcStore store = JdbcStore.on(pool);
      Run run = Duraflow.builder()
          .store(store)
          .maxConcurrency(4)
          .build()
          .run(dag(calls, relay::cut), "run");
      assertWhole(store, run, calls);
    }
  }

  @Test
  void networkThatFallsSilentForLongerThanTheLease_endsTheRunAsLost() throws Exception {
    PostgresServer server = PostgresServer.shared(18);
    String url = server.newDatabase();
    try (TcpRelay relay = new TcpRelay(server.port());
        HikariDataSource pool =
            PostgresServer.pool(url.replace(":" + server.port(), ":" + relay.port()), 4);
        HikariDataSource direct = PostgresServer.pool(url, 2)) {
      AtomicInteger calls = new AtomicInteger();
      JdbcStore cutOff =
          JdbcStore.on(pool, JdbcSettings.defaults().withLease(Duration.ofSeconds(2)));
      Duraflow duraflow = Duraflow.builder().store(cutOff).maxConcurrency(4).build();
      assertThatThrownBy(() -> duraflow.run(dag(calls, () -> relay.setSilent(true)), "run"))
          .isInstanceOf(RunLostException.class)
          .hasMessageContaining("its lease of 2.0 s ended");
      int before = calls.get();
      assertThat(before).isLessThan(TASKS - 1);

      // Another process goes on with it, and nothing that is recorded runs twice.
      JdbcStore store = JdbcStore.on(direct);
      long recorded;
      try (RunHistory history = store.read("run")) {
        recorded = history
            .records()
            .filter(record -> !List.of("chain 0", "sum").contains(record.taskId()))
            .count();
      }
      calls.set(0);
      Run run = Duraflow.builder()
          .store(store)
          .waitForRun(Duration.ofMinutes(1))
          .build()
          .run(dag(calls, () -> {}), "run");
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat((long) calls.get()).isLessThanOrEqualTo(TASKS - 1 - recorded);
    }
  }
}
