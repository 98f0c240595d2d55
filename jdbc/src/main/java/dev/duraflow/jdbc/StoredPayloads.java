package dev.duraflow.jdbc;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Payload;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.zip.CRC32C;

/** The payloads of a run's records, read from their rows and chunks when they are asked for. Thread-safe. */
final class StoredPayloads {
  private final Connections connections;
  private final String runId;
  private final long run;
  private final String payloadOf;
  private final String chunkOf;

  StoredPayloads(Connections connections, Dialect dialect, String runId, long run) {
    this.connections = connections;
    this.runId = runId;
    this.run = run;
    this.payloadOf = dialect.sql(
        "select payload from {schema}duraflow_record where run = ? and task_id = ? and save_id = ?");
    this.chunkOf = dialect.sql(
        "select bytes from {schema}duraflow_chunk where run = ? and save_id = ? and number = ?");
  }

  Payload of(String taskId, RecordRow.Head head) {
    return head.chunks() == 0 ? new InRow(taskId, head) : new InChunks(taskId, head);
  }

  private String reading(String taskId) {
    return "read the output of task '" + taskId + "' in run '" + runId + "'";
  }

  private StoreException gone(String taskId) {
    return new StoreException("the record of task '" + taskId + "' in run '" + runId
        + "' was replaced or deleted after it was found; look for it again");
  }

  private CorruptRecordException damaged(String taskId, String how) {
    return new CorruptRecordException(
        "the record of task '" + taskId + "' in run '" + runId + "' is damaged: " + how
            + "; restore the database from a copy, or use another run id",
        null);
  }

  private void check(String taskId, RecordRow.Head head, long size, CRC32C crc) {
    if (size != head.size() || (int) crc.getValue() != head.crc32c()) {
      throw damaged(
          taskId,
          "it should have " + head.size() + " bytes with CRC-32C " + hex(head.crc32c())
              + ", and has " + size + " with " + hex((int) crc.getValue()));
    }
  }

  private static String hex(int crc32c) {
    return String.format("%08x", crc32c);
  }

  private final class InRow implements Payload {
    private final String taskId;
    private final RecordRow.Head head;

    InRow(String taskId, RecordRow.Head head) {
      this.taskId = taskId;
      this.head = head;
    }

    @Override
    public long size() {
      return head.size();
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes());
    }

    @Override
    public byte[] bytes() {
      byte[] bytes = connections
          .patiently(reading(taskId), connection -> payload(connection, taskId, head))
          .orElseThrow(() -> gone(taskId));
      CRC32C crc = new CRC32C();
      crc.update(bytes);
      check(taskId, head, bytes.length, crc);
      return bytes;
    }
  }

  private Optional<byte[]> payload(Connection connection, String taskId, RecordRow.Head head)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(payloadOf)) {
      statement.setLong(1, run);
      statement.setString(2, Id.of(taskId).key());
      statement.setLong(3, head.saveId());
      return firstBytes(statement);
    }
  }

  private static Optional<byte[]> firstBytes(PreparedStatement statement) throws SQLException {
    try (ResultSet result = statement.executeQuery()) {
      if (!result.next()) {
        return Optional.empty();
      }
      byte[] bytes = result.getBytes(1);
      return Optional.of(
          bytes == null ? new byte[0] : bytes); // as some drivers read an empty value
    }
  }

  private final class InChunks implements Payload {
    private final String taskId;
    private final RecordRow.Head head;

    InChunks(String taskId, RecordRow.Head head) {
      this.taskId = taskId;
      this.head = head;
    }

    @Override
    public long size() {
      return head.size();
    }

    @Override
    public InputStream open() {
      return new ChunkStream(taskId, head);
    }
  }

  /** One chunk in memory at a time. */
  private final class ChunkStream extends InputStream {
    private final String taskId;
    private final RecordRow.Head head;
    private final CRC32C crc = new CRC32C();
    private byte[] chunk = new byte[0];
    private int position;
    private int next;
    private long size;

    ChunkStream(String taskId, RecordRow.Head head) {
      this.taskId = taskId;
      this.head = head;
    }

    @Override
    public int read() throws IOException {
      return hasMore() ? chunk[position++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (!hasMore()) {
        return -1;
      }
      int count = Math.min(length, chunk.length - position);
      System.arraycopy(chunk, position, into, offset, count);
      position += count;
      return count;
    }

    private boolean hasMore() {
      while (position == chunk.length) {
        if (next == head.chunks()) {
          return false;
        }
        chunk = fetch(next++);
        position = 0;
        size += chunk.length;
        crc.update(chunk);
        if (next == head.chunks()) {
          check(taskId, head, size, crc); // before its last part is given away
        }
      }
      return true;
    }

    private byte[] fetch(int number) {
      return connections
          .patiently(reading(taskId), connection -> {
            try (PreparedStatement statement = connection.prepareStatement(chunkOf)) {
              statement.setLong(1, run);
              statement.setLong(2, head.saveId());
              statement.setInt(3, number);
              return firstBytes(statement);
            }
          })
          .orElseThrow(() -> missing(number));
    }

    private StoreException missing(int number) {
      boolean isThere = connections
          .patiently(reading(taskId), connection -> payload(connection, taskId, head))
          .isPresent();
      return isThere
          ? damaged(taskId, "part " + (number + 1) + " of " + head.chunks() + " is missing")
          : gone(taskId);
    }
  }
}
