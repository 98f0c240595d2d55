package dev.duraflow.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunLostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;

/** A program whose tasks count in the same database how often they were called. Some hang, if it is told so, until they are interrupted. */
final class CountingProgram {
  static final int TASKS = 120;
  static final int HANGING = 60;
  static final int LOST = 3;

  private CountingProgram() {}

  static Dag dag(DataSource effects, boolean hangs) {
    Dag dag = Dag.named("counting");
    Task<Integer> chain = dag.task("chain 0", () -> call(effects, "chain 0", 0, false));
    for (int i = 1; i < TASKS / 2; i++) {
      String id = "chain " + i;
      boolean hangsHere = hangs && i == HANGING / 2;
      chain = dag.task(id, chain, n -> call(effects, id, n + 1, hangsHere));
    }
    for (int i = 0; i < TASKS / 2; i++) {
      String id = "other " + i;
      int value = i;
      boolean hangsHere = hangs && i == HANGING / 2;
      dag.task(id, () -> call(effects, id, value, hangsHere));
    }
    return dag;
  }

  private static int call(DataSource effects, String taskId, int value, boolean hangs)
      throws SQLException {
    try (Connection connection = effects.getConnection();
        PreparedStatement insert = connection.prepareStatement(
            "insert into effects (task, pid, hangs) values (?, ?, ?)")) {
      insert.setString(1, taskId);
      insert.setLong(2, ProcessHandle.current().pid());
      insert.setBoolean(3, hangs);
      insert.executeUpdate();
    }
    if (!hangs) {
      return value;
    }
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      // A body that makes the best of it, and whose output comes too late.
    }
    return 999;
  }

  /** URL, lease in milliseconds. */
  public static void main(String[] args) {
    try (HikariDataSource pool = PostgresServer.pool(args[0], 4)) {
      JdbcStore store = JdbcStore.on(
          pool, JdbcSettings.defaults().withLease(Duration.ofMillis(Long.parseLong(args[1]))));
      Duraflow.builder().store(store).maxConcurrency(4).build().run(dag(pool, true), "run");
    } catch (RunLostException e) {
      System.exit(LOST);
    }
  }
}
