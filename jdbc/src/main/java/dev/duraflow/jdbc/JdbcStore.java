package dev.duraflow.jdbc;

import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.error.RunLostException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.RunSummary;
import dev.duraflow.store.SharedStore;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.sql.DataSource;

/**
 * Keeps runs in tables of a PostgreSQL or SQLite database, so that many processes share them: one owns a run, others may take
 * part in it, look at it, cancel it, or take it over.
 *
 * <p>Ownership is a lease on the database's clock. Its owner renews it; when it dies, or cannot reach the database for as long as
 * the lease lasts, another process gets the run. Every write asks in the same statement whether the run is still its owner's, so that
 * one who has been given up for dead and goes on cannot change anything. Trouble of the network or the server that passes before
 * the lease ends is waited for. The tables are drawn in {@code docs/formats.md}.
 *
 * <p>Connections are borrowed for one statement at a time; the data source should be a pool, of any size. It is the caller's to
 * close, after the runs.
 *
 * <p>Thread-safe. Methods throw {@link StoreException} if the database cannot be reached or does not hold the run.
 */
public final class JdbcStore implements SharedStore {
  private static final System.Logger LOG = System.getLogger("dev.duraflow");

  final Dialect dialect;
  final Connections connections;
  final Heads heads;
  final Heartbeat heartbeat;
  private final Leases leases;
  private final Catalog catalog;
  private final LearntDurations durations;
  private final SecureRandom random = new SecureRandom();

  private JdbcStore(Dialect dialect, Connections connections, JdbcSettings settings) {
    this.dialect = dialect;
    this.connections = connections;
    this.heads = new Heads(dialect);
    this.leases = new Leases(dialect, settings.lease());
    this.catalog = new Catalog(dialect, connections, heads);
    this.durations = new LearntDurations(dialect);
    this.heartbeat = new Heartbeat(
        settings.lease(),
        tenure -> connections.borrow(connection -> {
          leases.renew(connection, tenure);
          return tenure;
        }));
  }

  /** A store on a database, with default settings; missing tables are made. */
  public static JdbcStore on(DataSource dataSource) {
    return on(dataSource, JdbcSettings.defaults());
  }

  /**
   * A store on a database.
   *
   * @throws StoreException if its tables are newer than this code, or old and not to be changed
   */
  public static JdbcStore on(DataSource dataSource, JdbcSettings settings) {
    Connections connections = new Connections(dataSource, settings.lease());
    Dialect dialect = connections.inTurn("open the store", connection -> {
      Dialect found = Dialect.of(connection, settings);
      found.check(connection);
      new Migrations(found).apply(connection, settings.migration());
      return found;
    });
    return new JdbcStore(dialect, connections, settings);
  }

  /**
   * What a database's tables still need, as a script for who may change them; empty if nothing. Changes nothing. A schema is to be
   * there before.
   */
  public static String pendingMigrations(DataSource dataSource, JdbcSettings settings) {
    return new Connections(dataSource, settings.lease())
        .once(
            "read the version of the tables",
            connection -> new Migrations(Dialect.of(connection, settings)).pending(connection));
  }

  long newSaveId() {
    return random.nextLong();
  }

  // ---- owning and joining

  @Override
  public OpenRun open(String runId) {
    Id id = Id.of(runId);
    long token = random.nextLong();
    return connections.inTurn("open run '" + runId + "'", connection -> {
      Tenure tenure = leases.take(connection, id, token);
      heartbeat.add(tenure);
      try {
        return Connections.inTransaction(connection, reading -> {
          catalog.clearAway(reading, tenure.run);
          ConcurrentMap<String, RecordRow.Head> records = new ConcurrentHashMap<>();
          heads.forEach(reading, tenure.run, (taskId, head, position) -> records.put(taskId, head));
          return new OwnedRun(this, tenure, records, heads.failedAttempts(reading, tenure.run));
        });
      } catch (Throwable e) {
        heartbeat.remove(tenure);
        try {
          leases.release(connection, tenure);
        } catch (SQLException notReleased) {
          e.addSuppressed(Trouble.tellable(notReleased)); // its lease ends
        }
        throw e;
      }
    });
  }

  @Override
  public OpenRun join(String runId, long epoch) {
    return connections.once("join run '" + runId + "'", connection -> {
      Tenure tenure = leases.join(connection, Id.of(runId), epoch);
      heartbeat.add(tenure);
      return new GuestRun(this, tenure);
    });
  }

  /** The database has refused a write: the run is somebody else's. */
  RunLostException refused(Tenure tenure) {
    String how = connections.patiently(
        "ask who has run '" + tenure.runId + "'", connection -> leases.whoHas(connection, tenure));
    return tenure.lose(how, null);
  }

  /** Gives up a run, or lets its lease end if that cannot be said. */
  void release(Tenure tenure) {
    boolean goesOn = tenure.goesOn();
    tenure.end();
    heartbeat.remove(tenure);
    if (!goesOn) {
      return;
    }
    try {
      connections.patiently("give up run '" + tenure.runId + "'", connection -> {
        leases.release(connection, tenure);
        return tenure;
      });
    } catch (StoreException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "run '" + tenure.runId + "' stays taken until its lease ends",
          e);
    }
  }

  // ---- what is learnt

  @Override
  public Map<String, Duration> durations(String dagName) {
    return connections.once(
        "read how long tasks of DAG '" + dagName + "' took",
        connection -> durations.find(connection, dagName));
  }

  @Override
  public void keepDurations(String dagName, Map<String, Duration> learnt) {
    String micros = LearntDurations.encoded(learnt);
    connections.inTurn("keep how long tasks of DAG '" + dagName + "' took", connection -> {
      durations.keep(connection, dagName, micros);
      return micros;
    });
  }

  // ---- looking at runs that others may execute

  /** All runs, by id. It takes no run and changes nothing. */
  public List<RunSummary> runs() {
    return connections.once("list the runs", catalog::runs);
  }

  /** What is held of a run, read without taking it: as it is now, records of large runs in some hundred bytes of memory each. */
  public RunHistory read(String runId) {
    return connections.once(
        "read run '" + runId + "'",
        connection ->
            Connections.inTransaction(connection, reading -> catalog.read(reading, Id.of(runId))));
  }

  // ---- changing them

  /**
   * Asks the owner of a run to cancel it, whichever process that is; it does so at its next sign of life, of which it gives three a
   * lease. The message of its {@link dev.duraflow.error.RunCancelledException} names this process.
   *
   * @return false if nobody has the run
   */
  public boolean cancel(String runId) {
    Holder me = Holder.here(Instant.EPOCH);
    return connections.inTurn(
        "cancel run '" + runId + "'",
        connection -> leases.cancel(
            connection, Id.of(runId), "process " + me.pid() + " on host " + me.host()));
  }

  /**
   * Deletes a run, as a whole or not at all. Needs rights that workers need not have.
   *
   * @return false if there was none
   * @throws RunLockedException if somebody has it
   */
  public boolean delete(String runId) {
    return connections.inTurn(
        "delete run '" + runId + "'",
        connection -> Connections.inTransaction(
            connection, deleting -> catalog.delete(deleting, leases, Id.of(runId))));
  }

  /** Has nothing to release: connections are borrowed, and the threads end with the runs. */
  @Override
  public void close() {}
}
