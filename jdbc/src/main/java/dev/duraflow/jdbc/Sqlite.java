package dev.duraflow.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;

/**
 * SQLite, 3.42 and newer, with its write-ahead log. It has one writer at a time, so a batch is a transaction whose first statement
 * asks for the epoch by a write: from then on nobody else can change it.
 */
final class Sqlite extends Dialect {
  private static final String RECORD = """
      insert into duraflow_record (run, epoch, position, task_id, full_id, save_id, kind, type, codec,
        attempt, started_at, finished_at, size, crc32c, chunks, payload)
      values (?, ?, (select next_position - ? from duraflow_run where run = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String REPLACE = """
      on conflict (run, task_id) do update set epoch = excluded.epoch, save_id = excluded.save_id,
        kind = excluded.kind, type = excluded.type, codec = excluded.codec, attempt = excluded.attempt,
        started_at = excluded.started_at, finished_at = excluded.finished_at, size = excluded.size,
        crc32c = excluded.crc32c, chunks = excluded.chunks, payload = excluded.payload
      """;

  private static final String KEEP = "on conflict (run, task_id) do nothing";

  private static final String NOTE = """
      insert into duraflow_note (run, epoch, position, save_id, kind, noted_at, task_id, attempt, started_at,
        failure, graph, host, pid, state, completed, total)
      values (?, ?, (select next_position - ? from duraflow_run where run = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (run, save_id) do nothing
      """;

  private static final TypeRef<List<String>> TEXTS = new TypeRef<>() {};

  Sqlite() {
    super(null);
  }

  @Override
  String name() {
    return "sqlite";
  }

  @Override
  String now() {
    return "cast(unixepoch('subsec') * 1000000 as integer)";
  }

  @Override
  String among() {
    return "in (select value from json_each(?))";
  }

  @Override
  void setAmong(PreparedStatement statement, int parameter, List<String> texts)
      throws SQLException {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try {
      Codec.json().encode(texts, TEXTS, json);
    } catch (IOException e) {
      throw new AssertionError("texts are JSON", e);
    }
    statement.setString(parameter, json.toString(UTF_8));
  }

  @Override
  String forUpdate() {
    return "";
  }

  @Override
  void check(Connection connection) {}

  @Override
  boolean hasTable(Connection connection, String table) throws SQLException {
    return queryText(
            connection,
            "select name from sqlite_master where type = 'table' and name = '" + table + "'")
        != null;
  }

  /** The mode stays with the file. */
  @Override
  void prepare(Connection connection) throws SQLException {
    execute(connection, "pragma journal_mode = wal");
    execute(connection, "create table if not exists duraflow_lock (held_by integer)");
  }

  @Override
  void lockMigrations(Connection connection) throws SQLException {
    execute(connection, "delete from duraflow_lock");
  }

  /** A transaction that only reads sees one moment as it is. */
  @Override
  void beginSnapshot(Connection connection) {}

  private static boolean fence(Connection connection, Tenure tenure, int positions)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(
        "update duraflow_run set next_position = next_position + ? where run = ? and epoch = ?")) {
      statement.setInt(1, positions);
      statement.setLong(2, tenure.run);
      statement.setLong(3, tenure.epoch);
      return statement.executeUpdate() == 1;
    }
  }

  @Override
  boolean write(Connection connection, Tenure tenure, Batch batch) throws SQLException {
    return durably(connection, () -> {
      if (!fence(connection, tenure, batch.size())) {
        return false;
      }
      insertRecords(connection, tenure, batch);
      if (!batch.notes().isEmpty()) {
        insertNotes(connection, tenure, batch);
      }
      return true;
    });
  }

  private interface Writing {
    boolean write() throws SQLException;
  }

  /** A commit is synced, whatever the connection's own setting. */
  private static boolean durably(Connection connection, Writing writing) throws SQLException {
    execute(connection, "pragma synchronous = full");
    return Connections.inTransaction(connection, on -> writing.write());
  }

  private static void insertRecords(Connection connection, Tenure tenure, Batch batch)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(RECORD + (tenure.isGuest ? KEEP : REPLACE))) {
      for (Batch.Numbered<RecordRow> numbered : batch.records()) {
        RecordRow row = numbered.row();
        RecordRow.Head head = row.head;
        setPlace(insert, tenure, batch.size() - numbered.number());
        insert.setString(5, row.task.key());
        insert.setString(6, row.task.full());
        insert.setLong(7, head.saveId());
        insert.setString(8, head.kind().name());
        insert.setString(9, head.type());
        insert.setString(10, head.codec());
        insert.setInt(11, head.attempt());
        insert.setLong(12, head.startedAt());
        insert.setLong(13, head.finishedAt());
        insert.setLong(14, head.size());
        insert.setInt(15, head.crc32c());
        insert.setInt(16, head.chunks());
        insert.setBytes(17, row.payload);
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** @param fromNext by how much the position is below the one that comes after the batch */
  private static void setPlace(PreparedStatement insert, Tenure tenure, int fromNext)
      throws SQLException {
    insert.setLong(1, tenure.run);
    insert.setLong(2, tenure.epoch);
    insert.setInt(3, fromNext);
    insert.setLong(4, tenure.run);
  }

  private static void insertNotes(Connection connection, Tenure tenure, Batch batch)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(NOTE)) {
      for (Batch.Numbered<NoteRow> numbered : batch.notes()) {
        NoteRow row = numbered.row();
        setPlace(insert, tenure, batch.size() - numbered.number());
        insert.setLong(5, row.saveId);
        insert.setString(6, row.kind());
        insert.setLong(7, row.notedAt());
        for (int column = 8; column <= 17; column++) {
          insert.setNull(column, Types.NULL);
        }
        AttemptFailed failed = row.failed();
        Began began = row.began();
        Ended ended = row.ended();
        if (failed != null) {
          insert.setString(8, failed.taskId());
          insert.setInt(9, failed.attempt());
          insert.setLong(10, Micros.of(failed.startedAt()));
          insert.setString(11, NoteRow.text(failed.failure()));
        } else if (began != null) {
          insert.setBytes(12, row.graph);
          insert.setString(13, began.host());
          insert.setLong(14, began.pid());
        } else if (ended != null) {
          insert.setString(15, ended.state().name());
          insert.setInt(16, ended.completed());
          insert.setInt(17, ended.total());
        }
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  @Override
  boolean writeChunk(Connection connection, Tenure tenure, long saveId, int number, byte[] bytes)
      throws SQLException {
    return durably(connection, () -> {
      if (!fence(connection, tenure, 0)) {
        return false;
      }
      try (PreparedStatement insert = connection.prepareStatement(
          "insert into duraflow_chunk (run, save_id, number, bytes) values (?, ?, ?, ?) on conflict do nothing")) {
        insert.setLong(1, tenure.run);
        insert.setLong(2, saveId);
        insert.setInt(3, number);
        insert.setBytes(4, bytes);
        insert.executeUpdate();
      }
      return true;
    });
  }
}
