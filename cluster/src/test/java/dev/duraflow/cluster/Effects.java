package dev.duraflow.cluster;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * A DAG whose bodies leave traces in a table, {@code effect}, and wait for the test to open a gate, whichever process calls them.
 */
public final class Effects {
  /**
   * What the bodies are to do.
   *
   * @param url of the database with the tables
   */
  public record Work(String url, int elements) {}

  public static final DagFactory<Work> FACTORY =
      DagFactory.named("effects", Work.class, Effects::declare);

  public static final DagFactories FACTORIES = DagFactories.of(FACTORY);

  /** How long a body looks whether the gate is open; longer than any test takes. */
  private static final int PATIENCE_SECONDS = 120;

  private Effects() {}

  public static String[] tables() {
    return new String[] {
      "create table effect (task text, what text, pid bigint)", "create table gate (open boolean)"
    };
  }

  private static Dag declare(Work work) {
    Dag dag = Dag.named("effects");
    Task<List<Integer>> numbers = dag.task(
            "numbers", () -> IntStream.range(0, work.elements()).boxed().toList())
        .returns(new TypeRef<List<Integer>>() {})
        .local();
    Task<List<Long>> performed =
        dag.map("work", numbers, String::valueOf, number -> perform(work.url()));
    dag.task("processes", performed, all -> (int) all.stream().distinct().count());
    return dag;
  }

  /** Answers the id of the process that performed it. */
  private static Long perform(String url) throws SQLException, InterruptedException {
    String task = TaskContext.current().taskId();
    try (Connection connection = DriverManager.getConnection(url)) {
      note(connection, task, "begun");
      try {
        for (int i = 0; !isOpen(connection) && i < PATIENCE_SECONDS * 20; i++) {
          new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
        }
      } catch (InterruptedException e) {
        note(connection, task, "interrupted");
        throw e;
      }
      note(connection, task, "done");
    }
    return ProcessHandle.current().pid();
  }

  private static boolean isOpen(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("select 1 from gate");
        ResultSet rows = statement.executeQuery()) {
      return rows.next();
    }
  }

  private static void note(Connection connection, String task, String what) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("insert into effect values (?, ?, ?)")) {
      statement.setString(1, task);
      statement.setString(2, what);
      statement.setLong(3, ProcessHandle.current().pid());
      statement.execute();
    }
  }
}
