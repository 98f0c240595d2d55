package dev.duraflow.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

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

/**
 * The tables of a cluster, and the statements that are not db-scheduler's own. Thread-safe.
 *
 * <p>Many of them run at the same time on the same rows, so they must not wait for each other in a circle. Each takes the locks of all
 * its rows before it changes any, in the order of the ids, or leaves out rows that are locked. db-scheduler leaves those out as well when
 * it picks, and changes single rows otherwise. What else may work on the tables keeps to no order; so a transaction that PostgreSQL
 * takes back to end a deadlock is begun anew.
 */
final class Tables {
  private static final int VERSION = 1;
  /** Of an advisory lock; any number that nobody else has. */
  private static final long MIGRATION_LOCK = 0x6475726166_6c6f77L;

  private static final String KEPT = "interval '1 day'";

  /** At most of a transaction that is taken back; later there may be fewer in its way. */
  private static final int ATTEMPTS = 10;

  private static final String OURS = "task_name = '" + Invocations.TASK_NAME + "'";

  private static final String DEADLOCK = "40P01";
  private static final String NOT_SERIALIZABLE = "40001";

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
    return done(what, connection -> {
      connection.setAutoCommit(false);
      try {
        T result = work.in(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    });
  }

  private interface Single<T> {
    T on(PreparedStatement statement) throws SQLException;
  }

  /** A statement that is a transaction. */
  private <T> T alone(String what, String sql, Single<T> work) {
    return done(what, connection -> {
      connection.setAutoCommit(true);
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        return work.on(statement);
      }
    });
  }

  /** Does the work, and again if PostgreSQL took it back for the sake of others, who go on meanwhile. */
  private <T> T done(String what, Work<T> work) {
    for (int attempt = 1; ; attempt++) {
      try (Connection connection = dataSource.getConnection()) {
        return work.in(connection);
      } catch (SQLException e) {
        if (!wasTakenBack(e) || attempt == ATTEMPTS) {
          throw failure(what, e);
        }
      }
    }
  }

  private static boolean wasTakenBack(SQLException e) {
    return DEADLOCK.equals(e.getSQLState()) || NOT_SERIALIZABLE.equals(e.getSQLState());
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

  /**
   * Whether the same may go well a little later: the database breaks connections, starts, stops or has too many, or others were
   * in the way.
   */
  static boolean isPassing(Throwable failure) {
    if (failure.getCause() instanceof SQLException cause) {
      String state = String.valueOf(cause.getSQLState());
      return cause instanceof SQLTransientConnectionException
          || state.startsWith("08")
          || state.startsWith("40")
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
            + " from unnest(?::text[], ?::bytea[]) as u(id, data) order by id"
            + " on conflict do nothing",
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
        "select task_instance from " + executions + " where " + OURS
            + " and task_instance = any(?)",
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

  /**
   * Takes out what invocations have failed with; those that did not have none. There is no order in this: each id is asked for
   * by one engine only, and nobody who has several rows of this table waits for another.
   */
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
      // Nobody picks one between the two statements, nor are there others than these for them.
      Set<String> locked;
      try (PreparedStatement lock = connection.prepareStatement("select task_instance from "
          + executions + " where " + OURS
          + " and task_instance = any(?) order by task_instance for update")) {
        locked = ids(lock, texts(connection, ids));
      }
      try (PreparedStatement delete = connection.prepareStatement("delete from " + executions
              + " where " + OURS + " and task_instance = any(?) and not picked");
          PreparedStatement ask = connection.prepareStatement("with asked as (update " + executions
              + " set given_up = true where " + OURS
              + " and task_instance = any(?) returning task_instance)"
              + " select pg_notify('duraflow_given_up', task_instance) from asked")) {
        Array all = texts(connection, locked);
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
    // There is seldom more than one version, and a join with a list of pairs takes a time that
    // grows with its square: PostgreSQL does not know the length of the list.
    performed.stream()
        .collect(groupingBy(one -> one.version, mapping(Execution::getId, toList())))
        .forEach(this::remove);
  }

  private void remove(long version, List<String> ids) {
    String wanted = OURS + " and task_instance = any(?) and version = ?";
    // An array is made before the first row is deleted.
    String locked = OURS + " and task_instance = any(array(select task_instance from " + executions
        + " where " + wanted + " order by task_instance for update))";
    alone(
        "remove invocations",
        "delete from " + executions + " where " + (ids.size() == 1 ? wanted : locked),
        statement -> {
          statement.setArray(1, texts(statement.getConnection(), ids));
          statement.setLong(2, version);
          return statement.executeUpdate();
        });
  }

  /** Which of these were given up; takes back those of dead workers, and failures that nobody came for. */
  Set<String> givenUp(Collection<String> performing) {
    return with("look for what was given up", connection -> {
      // What is locked somebody else is about to change; there will be another sweep.
      execute(
          connection,
          "delete from " + executions + " where " + OURS
              + " and task_instance = any(array(select task_instance from " + executions
              + " where " + OURS + " and given_up and not picked for update skip locked))");
      execute(
          connection,
          "delete from " + failures + " where invocation = any(array(select invocation from "
              + failures + " where failed_at < clock_timestamp() - " + KEPT
              + " for update skip locked))");
      try (PreparedStatement statement = connection.prepareStatement("select task_instance from "
          + executions + " where given_up and task_instance = any(?)")) {
        return ids(statement, texts(connection, performing));
      }
    });
  }
}
