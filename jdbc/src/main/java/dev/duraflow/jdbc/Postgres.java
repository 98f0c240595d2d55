package dev.duraflow.jdbc;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL, 14 and newer.
 *
 * <p>A batch is one statement, hence one round trip and one commit, and no transaction is ever open while this process thinks: if it
 * is stopped, nobody waits for it. The statement takes a shared lock on the run's row, if the epoch is still the tenure's, and
 * inserts what arrays hold. Who takes a run over locks that row for update: it waits for statements that are under way, and those
 * that come after it find another epoch. Renewing a lease conflicts with neither.
 */
final class Postgres extends Dialect {
  private static final System.Logger LOG = System.getLogger("dev.duraflow");

  /** "duraflow" as a number: the key of the advisory lock. */
  private static final long MIGRATION_LOCK = 0x64757261666c6f77L;

  private static final String OWNER = """
      with owner as (
        select run, epoch from {schema}duraflow_run where run = ? and epoch = ? for key share)
      """;

  private static final String RECORDS = """
      , records as (
        insert into {schema}duraflow_record as r (run, epoch, position, task_id, full_id, save_id, kind, type, codec,
          attempt, started_at, finished_at, size, crc32c, chunks, payload)
        select owner.run, owner.epoch, base.position + u.number, u.task_id, u.full_id, u.save_id, u.kind, u.type, u.codec,
          u.attempt, u.started_at, u.finished_at, u.size, u.crc32c, u.chunks, u.payload
        from owner, base, unnest(?::integer[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[],
            ?::integer[], ?::bigint[], ?::bigint[], ?::bigint[], ?::integer[], ?::integer[], ?::bytea[])
          as u(number, task_id, full_id, save_id, kind, type, codec,
            attempt, started_at, finished_at, size, crc32c, chunks, payload)
      """;

  private static final String REPLACE = """
        on conflict (run, task_id) do update set epoch = excluded.epoch, save_id = excluded.save_id,
          kind = excluded.kind, type = excluded.type, codec = excluded.codec, attempt = excluded.attempt,
          started_at = excluded.started_at, finished_at = excluded.finished_at, size = excluded.size,
          crc32c = excluded.crc32c, chunks = excluded.chunks, payload = excluded.payload
      """;

  private static final String KEEP = "on conflict (run, task_id) do nothing\n";

  /** One record alone, as in a chain of tasks: for that the statement with arrays takes half as long again. */
  private static final String RECORD = """
      insert into {schema}duraflow_record as r (run, epoch, position, task_id, full_id, save_id, kind, type, codec,
        attempt, started_at, finished_at, size, crc32c, chunks, payload)
      select run, epoch, nextval('{schema}duraflow_position'), ?, ?, ?::bigint, ?, ?, ?,
        ?::integer, ?::bigint, ?::bigint, ?::bigint, ?::integer, ?::integer, ?::bytea
      from (select run, epoch from {schema}duraflow_run where run = ? and epoch = ? for key share) as owner
      """;

  private static final String NOTES = """
      , notes as (
        insert into {schema}duraflow_note (run, epoch, position, save_id, kind, noted_at, task_id, attempt, started_at,
          failure, graph, host, pid, state, completed, total)
        select owner.run, owner.epoch, base.position + u.number, u.save_id, u.kind, u.noted_at, u.task_id, u.attempt,
          u.started_at, u.failure, u.graph, u.host, u.pid, u.state, u.completed, u.total
        from owner, base, unnest(?::integer[], ?::bigint[], ?::text[], ?::bigint[], ?::text[], ?::integer[], ?::bigint[],
            ?::text[], ?::bytea[], ?::text[], ?::bigint[], ?::text[], ?::integer[], ?::integer[])
          as u(number, save_id, kind, noted_at, task_id, attempt, started_at,
            failure, graph, host, pid, state, completed, total)
        on conflict (run, save_id) do nothing)
      """;

  private static final String BASE =
      ", base as (select nextval('{schema}duraflow_position') as position)\n";
  private static final String END = ")\n";
  private static final String COUNT = "select count(*) from owner";

  private final String ownerWrites = sql(OWNER + BASE + RECORDS + REPLACE + END + COUNT);
  private final String ownerWritesWithNotes =
      sql(OWNER + BASE + RECORDS + REPLACE + END + NOTES + COUNT);
  private final String guestWrites = sql(OWNER + BASE + RECORDS + KEEP + END + COUNT);
  private final String guestWritesWithNotes =
      sql(OWNER + BASE + RECORDS + KEEP + END + NOTES + COUNT);
  private final String ownerWritesOne = sql(RECORD + REPLACE);
  private final String guestWritesOne = sql(RECORD + KEEP);
  private final String owner = sql(OWNER + COUNT);
  private final String chunk = sql(OWNER + """
      , chunk as (
        insert into {schema}duraflow_chunk (run, save_id, number, bytes) select run, ?, ?, ? from owner
        on conflict do nothing)
      """ + COUNT);

  Postgres(@Nullable String schema) {
    super(schema);
  }

  @Override
  String name() {
    return "postgres";
  }

  @Override
  String now() {
    return "(extract(epoch from clock_timestamp()) * 1000000)::bigint";
  }

  @Override
  String among() {
    return "= any(?)";
  }

  @Override
  void setAmong(PreparedStatement statement, int parameter, List<String> texts)
      throws SQLException {
    statement.setObject(parameter, texts.toArray(new String[0]));
  }

  @Override
  String forUpdate() {
    return "for update";
  }

  @Override
  void check(Connection connection) throws SQLException {
    String encoding = queryText(connection, "show server_encoding");
    if (!"UTF8".equals(encoding)) {
      throw new StoreException("the database's encoding is " + encoding
          + ", and ids and types need UTF8; create a database with encoding 'UTF8'");
    }
    for (String setting : new String[] {"fsync", "synchronous_commit"}) {
      if ("off".equals(queryText(connection, "show " + setting))) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the database has {0} off: a crash of its machine may take records that were reported as stored",
            setting);
      }
    }
  }

  @Override
  boolean hasTable(Connection connection, String table) throws SQLException {
    return queryText(connection, sql("select to_regclass('{schema}" + table + "')")) != null;
  }

  @Override
  void prepare(Connection connection) {}

  @Override
  void lockMigrations(Connection connection) throws SQLException {
    execute(connection, "select pg_advisory_xact_lock(" + MIGRATION_LOCK + ")");
    String name = schema();
    // Asked first, since to create it needs a right even if it is there.
    if (name != null
        && queryText(connection, "select nspname from pg_namespace where nspname = '" + name + "'")
            == null) {
      execute(connection, "create schema \"" + name + "\"");
    }
  }

  @Override
  void beginSnapshot(Connection connection) throws SQLException {
    execute(connection, "set transaction isolation level repeatable read, read only");
  }

  @Override
  boolean write(Connection connection, Tenure tenure, Batch batch) throws SQLException {
    boolean hasNotes = !batch.notes().isEmpty();
    if (!hasNotes && batch.records().size() == 1) {
      return write(connection, tenure, batch.records().iterator().next().row());
    }
    String sql = tenure.isGuest
        ? hasNotes ? guestWritesWithNotes : guestWrites
        : hasNotes ? ownerWritesWithNotes : ownerWrites;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, tenure.run);
      statement.setLong(2, tenure.epoch);
      Arrays next = new Arrays(statement, 3);
      setRecords(next, batch);
      if (hasNotes) {
        setNotes(next, batch);
      }
      return isOwner(statement);
    }
  }

  private boolean write(Connection connection, Tenure tenure, RecordRow row) throws SQLException {
    RecordRow.Head head = row.head;
    try (PreparedStatement statement =
        connection.prepareStatement(tenure.isGuest ? guestWritesOne : ownerWritesOne)) {
      statement.setString(1, row.task.key());
      statement.setString(2, row.task.full());
      statement.setLong(3, head.saveId());
      statement.setString(4, head.kind().name());
      statement.setString(5, head.type());
      statement.setString(6, head.codec());
      statement.setInt(7, head.attempt());
      statement.setLong(8, head.startedAt());
      statement.setLong(9, head.finishedAt());
      statement.setLong(10, head.size());
      statement.setInt(11, head.crc32c());
      statement.setInt(12, head.chunks());
      statement.setBytes(13, row.payload);
      statement.setLong(14, tenure.run);
      statement.setLong(15, tenure.epoch);
      // Nothing is stored if a guest finds a record, or if the owner is another; no epoch comes
      // back.
      return statement.executeUpdate() == 1 || (tenure.isGuest && isOwner(connection, tenure));
    }
  }

  private boolean isOwner(Connection connection, Tenure tenure) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(owner)) {
      statement.setLong(1, tenure.run);
      statement.setLong(2, tenure.epoch);
      return isOwner(statement);
    }
  }

  private static boolean isOwner(PreparedStatement statement) throws SQLException {
    try (ResultSet result = statement.executeQuery()) {
      return result.next() && result.getInt(1) == 1;
    }
  }

  private static void setRecords(Arrays next, Batch batch) throws SQLException {
    int size = batch.records().size();
    int[] numbers = new int[size];
    String[] tasks = new String[size];
    @Nullable String[] fullIds = new @Nullable String[size];
    long[] saveIds = new long[size];
    String[] kinds = new String[size];
    @Nullable String[] types = new @Nullable String[size];
    String[] codecs = new String[size];
    int[] attempts = new int[size];
    long[] startedAt = new long[size];
    long[] finishedAt = new long[size];
    long[] sizes = new long[size];
    int[] checksums = new int[size];
    int[] chunks = new int[size];
    byte[] @Nullable [] payloads = new byte[size] @Nullable [];
    int i = 0;
    for (Batch.Numbered<RecordRow> numbered : batch.records()) {
      RecordRow row = numbered.row();
      RecordRow.Head head = row.head;
      numbers[i] = numbered.number();
      tasks[i] = row.task.key();
      fullIds[i] = row.task.full();
      saveIds[i] = head.saveId();
      kinds[i] = head.kind().name();
      types[i] = head.type();
      codecs[i] = head.codec();
      attempts[i] = head.attempt();
      startedAt[i] = head.startedAt();
      finishedAt[i] = head.finishedAt();
      sizes[i] = head.size();
      checksums[i] = head.crc32c();
      chunks[i] = head.chunks();
      payloads[i++] = row.payload;
    }
    next.set(numbers, tasks, fullIds, saveIds, kinds, types, codecs, attempts, startedAt);
    next.set(finishedAt, sizes, checksums, chunks, payloads);
  }

  private static void setNotes(Arrays next, Batch batch) throws SQLException {
    int size = batch.notes().size();
    int[] numbers = new int[size];
    long[] saveIds = new long[size];
    String[] kinds = new String[size];
    long[] notedAt = new long[size];
    @Nullable String[] tasks = new @Nullable String[size];
    @Nullable Integer[] attempts = new @Nullable Integer[size];
    @Nullable Long[] startedAt = new @Nullable Long[size];
    @Nullable String[] failures = new @Nullable String[size];
    byte[] @Nullable [] graphs = new byte[size] @Nullable [];
    @Nullable String[] hosts = new @Nullable String[size];
    @Nullable Long[] pids = new @Nullable Long[size];
    @Nullable String[] states = new @Nullable String[size];
    @Nullable Integer[] completed = new @Nullable Integer[size];
    @Nullable Integer[] totals = new @Nullable Integer[size];
    for (int i = 0; i < size; i++) {
      NoteRow row = batch.notes().get(i).row();
      numbers[i] = batch.notes().get(i).number();
      saveIds[i] = row.saveId;
      kinds[i] = row.kind();
      notedAt[i] = row.notedAt();
      graphs[i] = row.graph;
      AttemptFailed failed = row.failed();
      Began began = row.began();
      Ended ended = row.ended();
      if (failed != null) {
        tasks[i] = failed.taskId();
        attempts[i] = failed.attempt();
        startedAt[i] = Micros.of(failed.startedAt());
        failures[i] = NoteRow.text(failed.failure());
      } else if (began != null) {
        hosts[i] = began.host();
        pids[i] = began.pid();
      } else if (ended != null) {
        states[i] = ended.state().name();
        completed[i] = ended.completed();
        totals[i] = ended.total();
      }
    }
    next.set(numbers, saveIds, kinds, notedAt, tasks, next.of("integer", attempts));
    next.set(next.of("bigint", startedAt), failures, graphs, hosts, next.of("bigint", pids));
    next.set(states, next.of("integer", completed), next.of("integer", totals));
  }

  /** Sets one array after the other. The driver takes Java's as they are, and those of primitives in binary form. */
  private static final class Arrays {
    private final PreparedStatement statement;
    private int parameter;

    Arrays(PreparedStatement statement, int first) {
      this.statement = statement;
      this.parameter = first;
    }

    void set(Object... arrays) throws SQLException {
      for (Object array : arrays) {
        statement.setObject(parameter++, array);
      }
    }

    Object of(String type, @Nullable Object[] elements) throws SQLException {
      return statement.getConnection().createArrayOf(type, elements);
    }
  }

  @Override
  boolean writeChunk(Connection connection, Tenure tenure, long saveId, int number, byte[] bytes)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(chunk)) {
      statement.setLong(1, tenure.run);
      statement.setLong(2, tenure.epoch);
      statement.setLong(3, saveId);
      statement.setInt(4, number);
      statement.setBytes(5, bytes);
      return isOwner(statement);
    }
  }
}
