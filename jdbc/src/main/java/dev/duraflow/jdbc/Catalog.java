package dev.duraflow.jdbc;

import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.RunSummary;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lists, reads and deletes runs, whoever has them. */
final class Catalog {
  private final Dialect dialect;
  private final Connections connections;
  private final Heads heads;
  private final String runs;

  Catalog(Dialect dialect, Connections connections, Heads heads) {
    this.dialect = dialect;
    this.connections = connections;
    this.heads = heads;
    this.runs = dialect.sql("""
        select r.run_id, r.full_id, r.created_at, r.changed_at,
          case when r.lease_until > {now} then 1 else 0 end, n.kind, n.state, n.completed,
          (select count(*) from {schema}duraflow_record where run = r.run),
          (select coalesce(sum(size), 0) from {schema}duraflow_record where run = r.run),
          r.run, r.owner_host, r.owner_pid, r.owner_since,
          (select coalesce(max(position), 0) from {schema}duraflow_note where run = r.run)
        from {schema}duraflow_run r left join {schema}duraflow_note n on n.run = r.run and n.position =
          (select max(position) from {schema}duraflow_note where run = r.run and kind <> 'FAILED')
        """);
  }

  /** How a run stands. Where records came and no DAG had begun, they are steps: each is all of its kind. */
  private static RunState state(ResultSet row) throws SQLException {
    if (row.getInt(5) == 1) {
      return RunState.RUNNING;
    }
    String lastKind = row.getString(6);
    return NoteRow.ENDED.equals(lastKind)
        ? RunState.valueOf(row.getString(7))
        : lastKind == null && row.getInt(9) > 0 ? RunState.SUCCEEDED : RunState.INTERRUPTED;
  }

  List<RunSummary> runs(Connection connection) throws SQLException {
    List<RunSummary> all = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(runs);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        all.add(new RunSummary(
            Id.of(row.getString(1), row.getString(2)),
            state(row),
            NoteRow.ENDED.equals(row.getString(6)) ? row.getInt(8) : row.getInt(9),
            row.getLong(10),
            Micros.toInstant(row.getLong(3)),
            Micros.toInstant(row.getLong(4)),
            Optional.empty()));
      }
    }
    all.sort(Comparator.comparing(RunSummary::runId));
    return all;
  }

  /** Reads a run as it is at the moment of a transaction's first query. */
  RunHistory read(Connection connection, Id runId) throws SQLException {
    dialect.beginSnapshot(connection);
    String id = Id.of(runId.key(), runId.full());
    try (PreparedStatement statement = connection.prepareStatement(runs + " where r.run_id = ?")) {
      statement.setString(1, runId.key());
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new StoreException("there is no run '" + id + "'");
        }
        RunState state = state(row);
        Holder holder = state == RunState.RUNNING
            ? new Holder(row.getString(12), row.getLong(13), Micros.toInstant(row.getLong(14)))
            : null;
        Instant createdAt = Micros.toInstant(row.getLong(3));
        long run = row.getLong(11);
        Notes notes = new Notes(dialect, connections, id, run, row.getLong(15));
        List<JdbcHistory.Entry> entries = new ArrayList<>();
        heads.forEach(
            connection,
            run,
            (taskId, head, position) -> entries.add(new JdbcHistory.Entry(taskId, head, position)));
        return new JdbcHistory(
            id,
            createdAt,
            state,
            holder,
            entries,
            notes,
            new StoredPayloads(connections, dialect, id, run));
      }
    }
  }

  /** Deletes chunks that no record names: of saves that were cut off, and of records that were replaced. */
  void clearAway(Connection connection, long run) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(dialect.sql("""
        delete from {schema}duraflow_chunk where run = ? and save_id not in
          (select save_id from {schema}duraflow_record where run = ? and chunks > 0)
        """))) {
      statement.setLong(1, run);
      statement.setLong(2, run);
      statement.executeUpdate();
    }
  }

  boolean delete(Connection connection, Leases leases, Id runId) throws SQLException {
    // The write comes first: SQLite lets nobody write between it and the end, and PostgreSQL's lock
    // follows.
    try (PreparedStatement statement = connection.prepareStatement(
        dialect.sql("update {schema}duraflow_run set changed_at = {now} where run_id = ?"))) {
      statement.setString(1, runId.key());
      if (statement.executeUpdate() == 0) {
        return false;
      }
    }
    Long run = lock(connection, runId);
    Holder holder = leases.holder(connection, runId);
    if (holder != null) {
      throw new RunLockedException(Id.of(runId.key(), runId.full()), holder);
    }
    for (String table : new String[] {"chunk", "note", "record", "run"}) {
      try (PreparedStatement statement = connection.prepareStatement(
          dialect.sql("delete from {schema}duraflow_" + table + " where run = ?"))) {
        statement.setObject(1, run);
        statement.executeUpdate();
      }
    }
    return true;
  }

  private @Nullable Long lock(Connection connection, Id runId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(
        dialect.sql("select run from {schema}duraflow_run where run_id = ? {for update}"))) {
      statement.setString(1, runId.key());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getLong(1) : null;
      }
    }
  }
}
