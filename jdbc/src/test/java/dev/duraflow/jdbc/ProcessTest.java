package dev.duraflow.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.TaskRecord;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Owners that are killed, and owners that are stopped and go on when their run is another's. */
final class ProcessTest {
  private final String url = PostgresServer.shared(18).newDatabase();
  private final HikariDataSource pool = PostgresServer.pool(url, 4);
  private final JdbcStore store = JdbcStore.on(pool);
  private Process owner;

  @BeforeEach
  void start() throws IOException, SQLException {
    MigrationsTest.execute(pool, "create table effects (task text, pid bigint, hangs boolean)");
    owner = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            CountingProgram.class.getName(),
            url,
            "2000")
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .redirectOutput(ProcessBuilder.Redirect.to(new File("/dev/null")))
        .start();
    // Both tasks that hang do, and all that came before one of them is recorded.
    while (query("select count(*) from effects where hangs") < 2
        || query("select count(*) from duraflow_record") < CountingProgram.HANGING) {
      assertThat(owner.isAlive()).isTrue();
      LockSupport.parkNanos(20_000_000); // leaves it the machine
    }
  }

  @AfterEach
  void end() throws InterruptedException {
    owner.destroyForcibly().waitFor();
    pool.close();
  }

  private long query(String sql) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      String number = Dialect.queryText(connection, sql);
      return number == null ? -1 : Long.parseLong(number);
    }
  }

  private void signal(String name) throws IOException, InterruptedException {
    int exit = new ProcessBuilder("kill", "-" + name, Long.toString(owner.pid()))
        .inheritIO()
        .start()
        .waitFor();
    assertThat(exit).isZero();
  }

  private Set<String> recorded() {
    try (RunHistory history = store.read("run")) {
      return history.records().map(TaskRecord::taskId).collect(Collectors.toSet());
    }
  }

  private Run takeOver() {
    Duraflow duraflow = Duraflow.builder()
        .store(store)
        .waitForRun(Duration.ofMinutes(1))
        .maxConcurrency(4)
        .build();
    return duraflow.run(CountingProgram.dag(pool, false), "run");
  }

  private void assertNothingRecordedRanAgain(Set<String> recorded) throws SQLException {
    assertThat(recorded).hasSizeGreaterThanOrEqualTo(CountingProgram.HANGING);
    for (String taskId : recorded) {
      assertThat(query("select count(*) from effects where task = '" + taskId + "'"))
          .as(taskId)
          .isOne();
    }
    assertThat(recorded()).hasSize(CountingProgram.TASKS);
    assertThat(query("select max(n) from (select count(*) as n from effects group by task) as a"))
        .isLessThanOrEqualTo(2);
  }

  @Test
  void ownerThatIsKilled_losesItsRunWhenTheLeaseEnds_andNothingRecordedRunsTwice()
      throws Exception {
    assertThatThrownBy(() -> store.open("run"))
        .isInstanceOf(RunLockedException.class)
        .hasMessageContaining("process " + owner.pid() + " on host");
    signal("KILL");
    owner.waitFor();
    Set<String> before = recorded();
    Run run = takeOver();
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(run.reused()).isEqualTo(before.size());
    assertNothingRecordedRanAgain(before);
    try (RunHistory history = store.read("run")) {
      assertThat(history.notes().count()).isEqualTo(3); // began twice, ended once
    }
  }

  @Test
  void ownerThatIsStoppedAndGoesOn_isRefusedAndStops() throws Exception {
    signal("STOP");
    Set<String> before = recorded();
    Run run = takeOver();
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertNothingRecordedRanAgain(before);
    signal("CONT");
    assertThat(owner.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(owner.exitValue()).isEqualTo(CountingProgram.LOST);
    // What the zombie's bodies returned when they were interrupted was refused.
    String hung = "chain " + CountingProgram.HANGING / 2;
    assertThat(run.find(hung, Integer.class)).contains(CountingProgram.HANGING / 2);
    try (RunHistory history = store.read("run")) {
      assertThat(history.find(hung).orElseThrow().payload().bytes())
          .isEqualTo(Integer.toString(CountingProgram.HANGING / 2).getBytes(UTF_8));
      assertThat(history.state()).isEqualTo(RunState.SUCCEEDED);
    }
  }
}
