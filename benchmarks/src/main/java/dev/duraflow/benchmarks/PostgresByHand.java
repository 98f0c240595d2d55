package dev.duraflow.benchmarks;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/** Outputs in a table of a PostgreSQL, without anything around them: the limit of a store on it. */
final class PostgresByHand {
  static final String ONE_EACH = "an insert + commit each";
  static final String BATCHES = "inserts of 1,000 rows";
  static final String TABLE =
      "create table output (run bigint, task text, value bytea, primary key (run, task))";
  private static final int BATCH = 1_000;
  private static final AtomicLong RUNS = new AtomicLong();

  private PostgresByHand() {}

  /** A statement and a commit a task. */
  static double nanosPerSave(DataSource dataSource, Shape shape, byte[] output)
      throws SQLException {
    long run = RUNS.incrementAndGet();
    long start = System.nanoTime();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement insert =
            connection.prepareStatement("insert into output values (?, ?, ?)")) {
      for (int i = 0; i < shape.size(); i++) {
        insert.setLong(1, run);
        insert.setString(2, shape.id(i));
        insert.setBytes(3, output);
        insert.executeUpdate();
      }
    }
    return (double) (System.nanoTime() - start) / shape.size();
  }

  /** A statement and a commit for every thousand tasks. */
  static double nanosPerBatchedSave(DataSource dataSource, Shape shape, byte[] output)
      throws SQLException {
    long run = RUNS.incrementAndGet();
    long start = System.nanoTime();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement insert = connection.prepareStatement(
            "insert into output select ?, * from unnest(?::text[], ?::bytea[])")) {
      for (int from = 0; from < shape.size(); from += BATCH) {
        int size = Math.min(BATCH, shape.size() - from);
        String[] tasks = new String[size];
        for (int i = 0; i < size; i++) {
          tasks[i] = shape.id(from + i);
        }
        byte[][] outputs = new byte[size][];
        Arrays.fill(outputs, output);
        Array ids = connection.createArrayOf("text", tasks);
        insert.setLong(1, run);
        insert.setArray(2, ids);
        insert.setObject(3, outputs);
        insert.executeUpdate();
        ids.free();
      }
    }
    return (double) (System.nanoTime() - start) / shape.size();
  }
}
