package dev.duraflow.jdbc;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.store.TaskRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what the tables say of records, without their payloads. Thread-safe. */
final class Heads {
  /** Rows a round trip. */
  private static final int FETCH = 5_000;

  private static final String COLUMNS =
      "task_id, full_id, save_id, kind, type, codec, attempt, started_at, finished_at, size, crc32c, chunks, position";

  private static final String OF_RUN =
      "select " + COLUMNS + " from {schema}duraflow_record where run = ? and task_id ";

  private static final String OF_OWNER = "select " + COLUMNS
      + " from (select run as owned from {schema}duraflow_run where run = ? and epoch = ?) as owner"
      + " left join {schema}duraflow_record on run = owned and task_id ";

  private final Dialect dialect;
  private final String one;
  private final String some;
  private final String oneOfOwner;
  private final String someOfOwner;
  private final String all;
  private final String failedAttempts;
  private final String failedAttemptsOfAll;

  Heads(Dialect dialect) {
    this.dialect = dialect;
    one = dialect.sql(OF_RUN + "= ?");
    some = dialect.sql(OF_RUN + "{among}");
    oneOfOwner = dialect.sql(OF_OWNER + "= ?");
    someOfOwner = dialect.sql(OF_OWNER + "{among}");
    all = dialect.sql(
        "select " + COLUMNS + " from {schema}duraflow_record where run = ? order by position");
    failedAttempts = dialect.sql(
        "select max(attempt) from {schema}duraflow_note where run = ? and kind = 'FAILED' and task_id = ?");
    failedAttemptsOfAll = dialect.sql(
        "select task_id, max(attempt) from {schema}duraflow_note where run = ? and kind = 'FAILED' group by task_id");
  }

  /**
   * What is there of the records that were asked for.
   *
   * @param isOurs whether a guest's run is still in the hands of its owner; an owner is not told, and adopts what it finds
   * @param damaged what cannot be read
   */
  record Answer(
      boolean isOurs,
      Map<String, RecordRow.Head> found,
      Map<String, CorruptRecordException> damaged) {
    static final Answer NOTHING = new Answer(true, Map.of(), Map.of());
  }

  Answer find(Connection connection, Tenure tenure, Collection<String> taskIds)
      throws SQLException {
    List<String> keys = taskIds.stream().map(taskId -> Id.of(taskId).key()).toList();
    try (PreparedStatement statement = connection.prepareStatement(sql(tenure, keys.size()))) {
      int parameter = 1;
      statement.setLong(parameter++, tenure.run);
      if (tenure.isGuest) {
        statement.setLong(parameter++, tenure.epoch);
      }
      if (keys.size() == 1) {
        statement.setString(parameter, keys.get(0));
      } else {
        dialect.setAmong(statement, parameter, keys);
      }
      try (ResultSet row = statement.executeQuery()) {
        return answer(row, !tenure.isGuest);
      }
    }
  }

  /** For one id PostgreSQL keeps its plan; for several it makes a new one each time. */
  private String sql(Tenure tenure, int ids) {
    if (ids == 1) {
      return tenure.isGuest ? oneOfOwner : one;
    }
    return tenure.isGuest ? someOfOwner : some;
  }

  /** @param isOurs whatever the database answers */
  private static Answer answer(ResultSet row, boolean isOurs) throws SQLException {
    Map<String, RecordRow.Head> found = new HashMap<>();
    Map<String, CorruptRecordException> damaged = new HashMap<>();
    boolean isAnswered = isOurs;
    Map<String, String> texts = new HashMap<>();
    while (row.next()) {
      isAnswered = true;
      String key = row.getString(1);
      if (key != null) { // else the run is ours, and has none of the records
        String taskId = Id.of(key, row.getString(2));
        try {
          found.put(taskId, head(row, texts));
        } catch (CorruptRecordException e) {
          damaged.put(taskId, e);
        }
      }
    }
    return new Answer(isAnswered, found, damaged);
  }

  /** Takes a record. */
  interface Taker {
    void take(String taskId, RecordRow.Head head, long position);
  }

  /** All of a run, in the order in which they were first saved; within a transaction, or all are in memory at once. */
  void forEach(Connection connection, long run, Taker taker) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(all)) {
      statement.setLong(1, run);
      statement.setFetchSize(FETCH);
      try (ResultSet row = statement.executeQuery()) {
        Map<String, String> texts = new HashMap<>(); // few different ones
        while (row.next()) {
          taker.take(Id.of(row.getString(1), row.getString(2)), head(row, texts), row.getLong(13));
        }
      }
    }
  }

  private static RecordRow.Head head(ResultSet row, Map<String, String> texts) throws SQLException {
    String type = row.getString(5);
    return new RecordRow.Head(
        row.getLong(3),
        kind(row),
        type == null ? null : texts.computeIfAbsent(type, text -> text),
        texts.computeIfAbsent(row.getString(6), text -> text),
        row.getInt(7),
        row.getLong(8),
        row.getLong(9),
        row.getLong(10),
        row.getInt(11),
        row.getInt(12));
  }

  private static TaskRecord.Kind kind(ResultSet row) throws SQLException {
    String kind = row.getString(4);
    try {
      return TaskRecord.Kind.valueOf(kind);
    } catch (IllegalArgumentException e) {
      throw new CorruptRecordException(
          "the record of task '" + Id.of(row.getString(1), row.getString(2)) + "' is of kind '"
              + kind + "', which this duraflow does not know; use the one that wrote it",
          e);
    }
  }

  int failedAttempts(Connection connection, long run, String taskId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(failedAttempts)) {
      statement.setLong(1, run);
      statement.setString(2, taskId);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  Map<String, Integer> failedAttempts(Connection connection, long run) throws SQLException {
    Map<String, Integer> last = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(failedAttemptsOfAll)) {
      statement.setLong(1, run);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          last.put(row.getString(1), row.getInt(2));
        }
      }
    }
    return last;
  }
}
