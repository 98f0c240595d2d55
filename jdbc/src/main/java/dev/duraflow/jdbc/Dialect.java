package dev.duraflow.jdbc;

import dev.duraflow.error.StoreException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A kind of database: what it says in its own way. Statements that all understand are written with the {@linkplain #sql words} that differ. */
abstract class Dialect {
  /** In front of the name of a table: empty, or a quoted schema and a dot. */
  private final String prefix;

  private final @Nullable String schema;

  Dialect(@Nullable String schema) {
    this.schema = schema;
    this.prefix = schema == null ? "" : "\"" + schema + "\".";
  }

  static Dialect of(Connection connection, JdbcSettings settings) throws SQLException {
    String product = connection.getMetaData().getDatabaseProductName();
    switch (product) {
      case "PostgreSQL" -> {
        return new Postgres(settings.schema());
      }
      case "SQLite" -> {
        if (settings.schema() != null) {
          throw new IllegalArgumentException(
              "SQLite has no schemas: leave out withSchema(\"" + settings.schema() + "\")");
        }
        return new Sqlite();
      }
      default ->
        throw new StoreException(
            "a shared store is kept in PostgreSQL or SQLite, and this is " + product);
    }
  }

  /** A statement in this database's words: {@code {schema}}, {@code {now}}, {@code {among}} and {@code {for update}}. */
  final String sql(String template) {
    return template
        .replace("{schema}", prefix)
        .replace("{now}", now())
        .replace("{among}", among())
        .replace("{for update}", forUpdate());
  }

  /** The schema of the tables; null if none was named. */
  final @Nullable String schema() {
    return schema;
  }

  /** The name of the directory of its migrations. */
  abstract String name();

  /** The database's clock, in microseconds. */
  abstract String now();

  /** Holds for a text that is one of those that {@link #setAmong} sets. */
  abstract String among();

  abstract void setAmong(PreparedStatement statement, int parameter, List<String> texts)
      throws SQLException;

  /** Locks what a query finds, against writers of the run too. */
  abstract String forUpdate();

  /** Refuses a database that cannot keep what it is given, and warns of one that may lose it. */
  abstract void check(Connection connection) throws SQLException;

  abstract boolean hasTable(Connection connection, String table) throws SQLException;

  /** Readies the database for the tables, outside of any transaction. */
  abstract void prepare(Connection connection) throws SQLException;

  /** Keeps others from migrating until the transaction ends, and makes the schema; the first thing in one. */
  abstract void lockMigrations(Connection connection) throws SQLException;

  /** Has all queries of a transaction see one moment; the first statement of one. */
  abstract void beginSnapshot(Connection connection) throws SQLException;

  /** Stores a batch if the tenure goes on, as one atomic step; else answers false, and nothing is stored. */
  abstract boolean write(Connection connection, Tenure tenure, Batch batch) throws SQLException;

  /** Stores a chunk if the tenure goes on, as one atomic step; else answers false, and nothing is stored. */
  abstract boolean writeChunk(
      Connection connection, Tenure tenure, long saveId, int number, byte[] bytes)
      throws SQLException;

  /** The first column of the first row; null if there is no row or it holds null. */
  static @Nullable String queryText(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet result = statement.executeQuery()) {
      return result.next() ? result.getString(1) : null;
    }
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.execute();
    }
  }
}
