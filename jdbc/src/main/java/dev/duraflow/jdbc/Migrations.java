package dev.duraflow.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Brings the tables to the version that this code knows. Each version has a script, named by its number; versions are never
 * changed once they are released. Scripts and their note in {@code duraflow_schema} are one transaction, under a lock.
 */
final class Migrations {
  /** What this code knows. */
  static final int VERSION = 2;

  private static final String TABLE = "duraflow_schema";
  private static final String CREATE_TABLE =
      "create table if not exists {schema}duraflow_schema (version integer not null primary key, applied_at bigint not null)";

  private final Dialect dialect;

  Migrations(Dialect dialect) {
    this.dialect = dialect;
  }

  /** Applies what is missing, or refuses to. */
  void apply(Connection connection, JdbcSettings.Migration migration) throws SQLException {
    int version = version(connection);
    if (version == VERSION) {
      return;
    }
    if (version < VERSION && migration == JdbcSettings.Migration.REFUSE) {
      throw new StoreException(
          "the tables of duraflow " + (version == 0 ? "are not there" : "have version " + version)
              + ", and version " + VERSION
              + " is needed; have the statements of JdbcStore.pendingMigrations executed by who owns the schema");
    }
    refuseNewer(version);
    dialect.prepare(connection);
    Connections.inTransaction(connection, locked -> {
      dialect.lockMigrations(locked);
      // Somebody else may have been first. Whether the table is there now a look into PostgreSQL's
      // catalog
      // does not tell: without a lock on a table a session goes by what it has looked up before.
      execute(locked, dialect.sql(CREATE_TABLE));
      int now = stored(locked);
      refuseNewer(now);
      if (now < VERSION) {
        for (String statement : statements(now)) {
          execute(locked, statement.strip());
        }
      }
      return now;
    });
  }

  private static void refuseNewer(int version) {
    if (version > VERSION) {
      throw new StoreException("the tables of duraflow have version " + version
          + ", and this duraflow knows versions up to " + VERSION
          + "; use the newer duraflow that migrated them, or a schema of its own");
    }
  }

  /** The statements that are still to be executed, as a script. */
  String pending(Connection connection) throws SQLException {
    int version = version(connection);
    refuseNewer(version);
    StringBuilder script = new StringBuilder();
    for (String statement : version == VERSION ? List.<String>of() : statements(version)) {
      script.append(statement.strip()).append(";\n\n");
    }
    return script.toString();
  }

  private int version(Connection connection) throws SQLException {
    if (!dialect.hasTable(connection, TABLE)) {
      return 0;
    }
    return stored(connection);
  }

  private int stored(Connection connection) throws SQLException {
    String version =
        Dialect.queryText(connection, dialect.sql("select max(version) from {schema}" + TABLE));
    return version == null ? 0 : Integer.parseInt(version);
  }

  private List<String> statements(int from) {
    StringBuilder script = new StringBuilder();
    if (from == 0) {
      script.append(CREATE_TABLE).append(";\n");
    }
    for (int version = from + 1; version <= VERSION; version++) {
      script
          .append(resource(dialect.name() + "/" + version + ".sql"))
          .append("insert into {schema}duraflow_schema (version, applied_at) values (")
          .append(version)
          .append(", {now});\n");
    }
    // Each statement ends with its line, and nothing else ends a line with a semicolon.
    return List.of(dialect.sql(script.toString()).strip().split("(?m);\\s*$"));
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String resource(String name) {
    try (InputStream in = Migrations.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
