package dev.duraflow.jdbc;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.io.InputStream;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.zip.CRC32C;

/** A run of a {@link JdbcStore} that this process owns or has joined. */
abstract class JdbcRun implements OpenRun {
  /** In bytes. Larger payloads are stored in chunks of this. */
  static final int CHUNK = 256 << 10;

  final JdbcStore store;
  final Tenure tenure;
  final StoredPayloads payloads;
  private final CommitQueue queue;
  private final LookupQueue lookups;

  JdbcRun(JdbcStore store, Tenure tenure) {
    this.store = store;
    this.tenure = tenure;
    this.payloads = new StoredPayloads(store.connections, store.dialect, tenure.runId, tenure.run);
    this.queue = new CommitQueue(tenure.runId, this::write);
    this.lookups = new LookupQueue(tenure.runId, this::lookUp);
  }

  /** All of a batch is durable, and nobody has been told yet. */
  abstract void written(Batch batch);

  /** Ends what this process has of the run, after everything was written. */
  abstract void leave();

  private void write(Batch batch) {
    boolean isOurs = store.connections.patiently(
        tenure,
        "save in run '" + tenure.runId + "'",
        connection -> store.dialect.write(connection, tenure, batch));
    if (!isOurs) {
      throw store.refused(tenure);
    }
    written(batch);
  }

  void writeChunk(long saveId, int number, byte[] bytes) {
    boolean isOurs = store.connections.patiently(
        tenure,
        "save an output in run '" + tenure.runId + "'",
        connection -> store.dialect.writeChunk(connection, tenure, saveId, number, bytes));
    if (!isOurs) {
      throw store.refused(tenure);
    }
  }

  @Override
  public CompletionStage<Void> save(TaskRecord record) {
    return queue.add(row(record));
  }

  @Override
  public CompletionStage<Void> saveNow(TaskRecord record) {
    return queue.addNow(row(record));
  }

  private RecordRow row(TaskRecord record) {
    Id task = Id.of(record.taskId());
    try {
      Payload payload = record.payload();
      if (!isChunkedHere(payload) && payload.size() > CHUNK) {
        payload = chunked(payload);
      }
      if (payload instanceof ChunkSink.Chunked chunked) {
        return new RecordRow(
            task,
            RecordRow.Head.of(
                record, chunked.saveId(), chunked.size(), chunked.crc32c(), chunked.chunks()),
            new byte[0]);
      }
      byte[] bytes = payload.bytes().clone(); // it may be changed before it is written
      CRC32C crc = new CRC32C();
      crc.update(bytes);
      return new RecordRow(
          task,
          RecordRow.Head.of(record, store.newSaveId(), bytes.length, (int) crc.getValue(), 0),
          bytes);
    } catch (IOException e) {
      throw new StoreException(
          "the output of task '" + record.taskId() + "' in run '" + tenure.runId
              + "' cannot be read to be saved: " + e.getMessage(),
          e);
    }
  }

  private boolean isChunkedHere(Payload payload) {
    return payload instanceof ChunkSink.Chunked chunked && chunked.run() == this;
  }

  private Payload chunked(Payload payload) throws IOException {
    try (ChunkSink sink = sink();
        InputStream in = payload.open()) {
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sink.write(buffer, 0, n);
      }
      return sink.finish();
    }
  }

  /** The payload behind chunks that are stored and that no record may name yet. */
  Payload chunks(ChunkSink.Chunked chunked) {
    return payloads.of(
        "that is being saved",
        new RecordRow.Head(
            chunked.saveId(),
            TaskRecord.Kind.OUTPUT,
            null,
            "",
            0,
            0,
            0,
            chunked.size(),
            chunked.crc32c(),
            chunked.chunks()));
  }

  @Override
  public ChunkSink sink() {
    return new ChunkSink(this, store.newSaveId(), CHUNK);
  }

  @Override
  public void note(RunNote note) {
    byte[] graph = null; // of a beginning, if it is a new one
    if (note instanceof RunNote.Began began) {
      byte[] encoded = began.graph().toBytes();
      graph = Arrays.equals(encoded, lastGraph().orElse(null)) ? null : encoded;
    }
    queue.add(new NoteRow(note, store.newSaveId(), graph));
  }

  private Optional<byte[]> lastGraph() {
    String sql = store.dialect.sql(
        "select graph from {schema}duraflow_note where run = ? and graph is not null order by position desc limit 1");
    return store.connections.patiently(
        tenure, "read the history of run '" + tenure.runId + "'", connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setLong(1, tenure.run);
            try (ResultSet result = statement.executeQuery()) {
              return result.next()
                  ? Optional.ofNullable(result.getBytes(1))
                  : Optional.<byte[]>empty();
            }
          }
        });
  }

  @Override
  public long epoch() {
    return tenure.epoch;
  }

  @Override
  public Optional<TaskRecord> findShared(String taskId, Collection<String> next) {
    return lookups.find(taskId, next).map(head -> head.toRecord(taskId, payloads));
  }

  Heads.Answer lookUp(Set<String> taskIds) {
    Heads.Answer answer = store.connections.patiently(
        "look for task '" + taskIds.iterator().next() + "' in run '" + tenure.runId + "'",
        connection -> store.heads.find(connection, tenure, taskIds));
    if (!answer.isOurs()) {
      throw store.refused(tenure);
    }
    answer.found().forEach(this::found);
    return answer;
  }

  /** A record was looked up. */
  abstract void found(String taskId, RecordRow.Head head);

  @Override
  public CompletionStage<String> stopRequested() {
    return tenure.stopRequested();
  }

  @Override
  public CompletionStage<Void> flush() {
    return queue.flush();
  }

  @Override
  public void close() {
    try {
      queue.close();
    } finally {
      leave();
    }
  }
}
