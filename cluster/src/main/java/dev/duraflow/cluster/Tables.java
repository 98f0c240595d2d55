package dev.duraflow.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.kagkarlsson.scheduler.task.Execution;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.error.RemoteTaskException.Advice;
import dev.duraflow.error.StoreException;
import dev.duraflow.remote.Invocation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The tables of a cluster, and the statements that are not db-scheduler's own. Thread-safe. */
final class Tables {
  private static final int VERSION = 1;
  /** Of an advisory lock; any number that nobody else has. */
  private static final long MIGRATION_LOCK = 0x6475726166_6c6f77L;

  private static final String KEPT = "interval '1 day'";

  private final DataSource dataSource;
  private final ClusterSettings settings;
  private final Rights rights;
  private final String executions;
  private final String failures;

  /** @param rights those that the connections must have */
  Tables(DataSource dataSource, ClusterSettings settings, Rights rights) {
    this.dataSource = dataSource;
    this.settings = settings;
    this.rights = rights;
    this.executions = settings.table("duraflow_execution");
    this.failures = settings.table("duraflow_failure");
  }

  /** The one that db-scheduler works on. */
  String executions() {
    return executions;
  }

  /** A failure as it is stored. */
  private record Failure(
      @Nullable String advised,
      @Nullable String type,
      String message,
      @Nullable String stack) {
    DuraflowException of(Invocation invocation) {
      return advised == null
          ? new PlacementException(invocation.taskId(), invocation.runId(), message, null)
          : new RemoteTaskException(
              invocation.taskId(),
              type == null ? "" : type,
              message,
              stack == null ? "" : stack,
              advice());
    }

    /** Undecided, if it is one that this program does not know. */
    private Advice advice() {
      for (Advice known : Advice.values()) {
        if (known.name().equals(advised)) {
          return known;
        }
      }
      return Advice.UNDECIDED;
    }
  }

  private interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  private <T> T with(String what, Work<T> work) {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      T result;
      try {
        result = work.in(connection);
        connection.commit();
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
      return result;
    } catch (SQLException e) {
      throw failure(what, e);
    }
  }

  private interface Single<T> {
    T on(PreparedStatement statement) throws SQLException;
  }

  /** A statement that is a transaction. */
  private <T> T alone(String what, String sql, Single<T> work) {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(true);
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        return work.on(statement);
      }
    } catch (SQLException e) {
      throw failure(what, e);
    }
  }

  private StoreException failure(String what, SQLException e) {
    String missing = Rights.isDenied(e) ? missing(e) : null;
    return new StoreException(
        "could not " + what + ": " + e.getMessage()
            + (missing == null ? Rights.wayOut(e) : "; " + missing),
        e);
  }

  /** PostgreSQL names the table, and not the right. */
  private @Nullable String missing(SQLException denied) {
    try (Connection connection = dataSource.getConnection()) {
      return rights.missing(connection, settings);
    } catch (SQLException e) { // not even that may be asked
      denied.addSuppressed(e);
      return null;
    }
  }

  /** Whether a failure is of a database that may soon be there again: one that breaks connections, starts, stops or has too many. */
  static boolean isPassing(Throwable failure) {
    if (failure.getCause() instanceof SQLException cause) {
      String state = String.valueOf(cause.getSQLState());
      return cause instanceof SQLTransientConnectionException
          || state.startsWith("08")
          || state.startsWith("57P")
          || state.equals("53300");
    }
    return false;
  }

  /**
   * Creates the tables if they are not there; only then it takes the right to.
   *
   * @throws StoreException also if they are there and a right on them is missing
   */
  void create() {
    with("open the tables of the cluster", connection -> {
      if (version(connection) < VERSION) {
        execute(connection, "select pg_advisory_xact_lock(" + MIGRATION_LOCK + ")");
        // Somebody else may have been first. Whether the table is there now a look into the catalog
        // does not tell: without a lock on a table a session goes by what it has looked up before.
        execute(
            connection,
            "create table if not exists " + versions() + " (version integer not null primary key)");
        migrate(connection, stored(connection));
      }
      String missing = rights.missing(connection, settings);
      if (missing != null) {
        throw new StoreException("could not use the tables of the cluster: " + missing);
      }
      return VERSION;
    });
  }

  private int version(Connection connection) throws SQLException {
    boolean isThere = number(connection, "select count(to_regclass('" + versions() + "'))") > 0;
    return isThere ? stored(connection) : 0;
  }

  private int stored(Connection connection) throws SQLException {
    int version = number(connection, "select coalesce(max(version), 0) from " + versions());
    if (version > VERSION) {
      throw new StoreException("the tables of the cluster have version " + version
          + ", and this duraflow knows versions up to " + VERSION
          + "; use the newer duraflow that migrated them, or a schema of its own");
    }
    return version;
  }

  private void migrate(Connection connection, int version) throws SQLException {
    for (int next = version + 1; next <= VERSION; next++) {
      execute(connection, script(next));
      execute(connection, "insert into " + versions() + " values (" + next + ")");
    }
  }

  private String versions() {
    return settings.table("duraflow_cluster_schema");
  }

  private String script(int version) {
    try (InputStream in = Tables.class.getResourceAsStream(version + ".sql")) {
      if (in == null) {
        throw new IllegalStateException("the jar lacks " + version + ".sql");
      }
      return new String(in.readAllBytes(), UTF_8).replace("{schema}", settings.table(""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static int number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getInt(1);
    }
  }

  /** By the database's clock. */
  Instant now() {
    return with("ask for the time", connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("select clock_timestamp()")) {
        rows.next();
        return rows.getTimestamp(1).toInstant();
      }
    });
  }

  // ---- where runs are

  /** Adds those that are not there yet, by their ids. They are due at once. */
  void submit(Map<String, Invocation> invocations) {
    byte[][] data = invocations.values().stream().map(Invocations::json).toArray(byte[][]::new);
    alone(
        "submit",
        "insert into " + executions
            + " (task_name, task_instance, task_data, execution_time, picked, version) select '"
            + Invocations.TASK_NAME
            + "', id, data, clock_timestamp() - interval '1 minute', false, 1"
            + " from unnest(?::text[], ?::bytea[]) as u(id, data) on conflict do nothing",
        statement -> {
          statement.setArray(1, texts(statement.getConnection(), invocations.keySet()));
          statement.setObject(2, data);
          return statement.executeUpdate();
        });
  }

  /** Which of these have not been performed yet. */
  Set<String> stillThere(Collection<String> ids) {
    return alone(
        "look for invocations",
        "select task_instance from " + executions + " where task_name = '" + Invocations.TASK_NAME
            + "' and task_instance = any(?)",
        statement -> ids(statement, texts(statement.getConnection(), ids)));
  }

  private static Set<String> ids(PreparedStatement statement, Array argument) throws SQLException {
    statement.setArray(1, argument);
    Set<String> found = new HashSet<>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  private static Array texts(Connection connection, Collection<String> all) throws SQLException {
    return connection.createArrayOf("text", all.toArray());
  }

  /** Takes out what invocations have failed with; those that did not have none. */
  Map<String, Function<Invocation, DuraflowException>> takeFailures(Collection<String> ids) {
    return alone(
        "read failures",
        "delete from " + failures
            + " where invocation = any(?) returning invocation, advice, type, message, stack",
        statement -> {
          statement.setArray(1, texts(statement.getConnection(), ids));
          Map<String, Function<Invocation, DuraflowException>> found = new HashMap<>();
          try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              Failure failure = new Failure(
                  rows.getString(2), rows.getString(3), rows.getString(4), rows.getString(5));
              found.put(rows.getString(1), failure::of);
            }
          }
          return found;
        });
  }

  /** Takes back those of these invocations that nobody performs; asks whoever performs the others to give them up. */
  void giveUp(Collection<String> ids) {
    with("give up invocations", connection -> {
      try (PreparedStatement delete = connection.prepareStatement("delete from " + executions
              + " where task_name = '" + Invocations.TASK_NAME
              + "' and task_instance = any(?) and not picked");
          PreparedStatement ask = connection.prepareStatement("with asked as (update " + executions
              + " set given_up = true where task_name = '" + Invocations.TASK_NAME
              + "' and task_instance = any(?) returning task_instance)"
              + " select pg_notify('duraflow_given_up', task_instance) from asked")) {
        Array all = texts(connection, ids);
        delete.setArray(1, all);
        delete.executeUpdate();
        ask.setArray(1, all);
        return ask.execute();
      }
    });
  }

  // ---- where tasks are performed

  /** Keeps what an invocation has failed with, for whoever submitted it. */
  void keepFailure(String id, DuraflowException failure) {
    Failure kept;
    if (failure instanceof RemoteTaskException body) {
      kept = new Failure(
          body.advice().name(), body.failureType(), body.failureMessage(), body.failureText());
    } else if (failure instanceof PlacementException placement) {
      kept = new Failure(null, null, placement.reason(), null);
    } else {
      kept = new Failure(null, null, String.valueOf(failure), null);
    }
    alone(
        "keep a failure",
        "insert into " + failures
            + " (invocation, advice, type, message, stack) values (?, ?, ?, ?, ?)"
            + " on conflict (invocation) do update set failed_at = excluded.failed_at,"
            + " advice = excluded.advice, type = excluded.type, message = excluded.message,"
            + " stack = excluded.stack",
        statement -> {
          statement.setString(1, id);
          statement.setString(2, kept.advised);
          statement.setString(3, kept.type);
          statement.setString(4, storable(kept.message));
          statement.setString(5, kept.stack == null ? null : storable(kept.stack));
          return statement.executeUpdate();
        });
  }

  /** PostgreSQL keeps every character in a text but this one. */
  private static String storable(String text) {
    return text.replace('\0', '?');
  }

  /** Takes out what has been performed, unless another worker has taken it over meanwhile. */
  void remove(List<Execution> performed) {
    alone(
        "remove invocations",
        // The first condition is for the index, which a join would not use on a table that is small
        // when it is analyzed.
        "delete from " + executions + " where task_name = '" + Invocations.TASK_NAME
            + "' and task_instance = any(?) and (task_instance, version) in"
            + " (select id, version from unnest(?::text[], ?::bigint[]) as u(id, version))",
        statement -> {
          Array ids = texts(
              statement.getConnection(),
              performed.stream().map(Execution::getId).toList());
          statement.setArray(1, ids);
          statement.setArray(2, ids);
          statement.setObject(
              3, performed.stream().mapToLong(one -> one.version).toArray());
          return statement.executeUpdate();
        });
  }

  /** Which of these were given up; takes back those of dead workers, and failures that nobody came for. */
  Set<String> givenUp(Collection<String> performing) {
    return with("look for what was given up", connection -> {
      execute(connection, "delete from " + executions + " where given_up and not picked");
      execute(
          connection, "delete from " + failures + " where failed_at < clock_timestamp() - " + KEPT);
      try (PreparedStatement statement = connection.prepareStatement("select task_instance from "
          + executions + " where given_up and task_instance = any(?)")) {
        return ids(statement, texts(connection, performing));
      }
    });
  }
}
