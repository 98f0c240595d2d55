package dev.duraflow.benchmarks;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** Outputs in a table of a SQLite database, with a write-ahead log that is synced at each commit. */
final class Sqlite {
  static final String ONE_EACH = "SQLite, a transaction a task";
  static final String BATCHES = "SQLite, batches of 1,000";
  private static final int BATCH = 1_000;

  private Sqlite() {}

  /** A transaction a task. */
  static double nanosPerSave(Path directory, Shape shape, byte[] output) throws SQLException {
    return nanosPerSave(directory, shape, output, 1);
  }

  /** A transaction for every thousand tasks. */
  static double nanosPerBatchedSave(Path directory, Shape shape, byte[] output)
      throws SQLException {
    return nanosPerSave(directory, shape, output, BATCH);
  }

  private static double nanosPerSave(Path directory, Shape shape, byte[] output, int batch)
      throws SQLException {
    long start = System.nanoTime();
    try (Connection connection = open(directory)) {
      try (Statement create = connection.createStatement()) {
        create.execute("CREATE TABLE output (task TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID");
      }
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO output (task, value) VALUES (?, ?)")) {
        for (int i = 0; i < shape.size(); i++) {
          insert.setString(1, shape.id(i));
          insert.setBytes(2, output);
          insert.executeUpdate();
          if ((i + 1) % batch == 0) {
            connection.commit();
          }
        }
      }
      connection.commit();
    }
    return (double) (System.nanoTime() - start) / shape.size();
  }

  /** Reads what was saved into a map, and looks up every task. */
  static double nanosPerLoad(Path directory, Shape shape) throws SQLException {
    long start = System.nanoTime();
    Map<String, byte[]> outputs = new HashMap<>();
    try (Connection connection = open(directory);
        Statement select = connection.createStatement();
        ResultSet rows = select.executeQuery("SELECT task, value FROM output")) {
      while (rows.next()) {
        outputs.put(rows.getString(1), rows.getBytes(2));
      }
    }
    for (int i = 0; i < shape.size(); i++) {
      if (!outputs.containsKey(shape.id(i))) {
        throw new IllegalStateException("task '" + shape.id(i) + "' is not in the database");
      }
    }
    return (double) (System.nanoTime() - start) / shape.size();
  }

  private static Connection open(Path directory) throws SQLException {
    Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("outputs.db"));
    try (Statement pragma = connection.createStatement()) {
      pragma.execute("PRAGMA journal_mode = WAL");
      pragma.execute("PRAGMA synchronous = FULL");
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }
}
