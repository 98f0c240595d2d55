package dev.duraflow.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A store over a key-value service. Three kinds of keys, in which ids are written behind their lengths, so that no two of them
 * make the same key:
 *
 * <pre>
 * owner/7:nightly           who has the run: a claim that ends with its session
 * record/7:nightly/1:a      what is known of a finished task, and the key of its payload
 * payload/(random)          the payload: put before the record that names it, and never changed
 * </pre>
 */
final class KeyValueStore implements Store {
  private final KeyValueClient client;
  private final Clock clock;

  KeyValueStore(KeyValueClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  @Override
  public OpenRun open(String runId) {
    String owner = "owner/" + quoted(runId);
    String claim = "localhost " + ProcessHandle.current().pid() + " " + clock.instant() + " "
        + UUID.randomUUID();
    while (!client.claim(owner, claim.getBytes(UTF_8))) {
      byte[] other = client.get(owner);
      if (other != null) { // and not given up in between
        String[] holder = new String(other, UTF_8).split(" ", -1);
        throw new RunLockedException(
            runId,
            new RunLockedException.Holder(
                holder[0], Long.parseLong(holder[1]), Instant.parse(holder[2])));
      }
    }
    return new KeyValueRun(client, runId, owner, claim);
  }

  @Override
  public void close() {}

  private static String quoted(String id) {
    return id.length() + ":" + id;
  }

  private record KeyValueRun(KeyValueClient client, String runId, String owner, String claim)
      implements OpenRun {
    @Override
    public Optional<TaskRecord> find(String taskId) {
      byte[] record = client.get(recordKey(taskId));
      return record == null ? Optional.empty() : Optional.of(decode(taskId, record));
    }

    @Override
    public CompletionStage<Void> save(TaskRecord record) {
      String key = recordKey(record.taskId());
      String payloadKey = "payload/" + UUID.randomUUID();
      try {
        put(payloadKey, record.payload().bytes());
        put(key, encode(record, payloadKey));
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
      return CompletableFuture.completedFuture(null);
    }

    /** Whoever lost the run, be it without knowing, is stopped by the service and not by a look beforehand. */
    private void put(String key, byte[] value) {
      if (!client.putWhile(owner, claim.getBytes(UTF_8), key, value)) {
        throw new StoreException(
            "run '" + runId + "' is closed or was taken over; open it again to go on");
      }
    }

    @Override
    public void close() {
      client.delete(owner, claim.getBytes(UTF_8));
    }

    private String recordKey(String taskId) {
      return "record/" + quoted(runId) + "/" + quoted(taskId);
    }

    private static byte[] encode(TaskRecord record, String payloadKey) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeByte(1); // the version of this format
      out.writeUTF(payloadKey);
      out.writeLong(record.payload().size());
      out.writeUTF(record.kind().name());
      out.writeBoolean(record.type() != null);
      out.writeUTF(record.type() != null ? record.type() : "");
      out.writeUTF(record.codec());
      out.writeInt(record.attempt());
      out.writeUTF(record.startedAt().toString());
      out.writeUTF(record.finishedAt().toString());
      return bytes.toByteArray();
    }

    private TaskRecord decode(String taskId, byte[] bytes) {
      try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
        if (in.readByte() != 1) {
          throw new StoreException(
              "run '" + runId + "' was written by a newer version; use that one");
        }
        Payload payload = new KeyValuePayload(client, taskId, in.readUTF(), in.readLong());
        TaskRecord.Kind kind = TaskRecord.Kind.valueOf(in.readUTF());
        boolean typed = in.readBoolean();
        String type = in.readUTF();
        return new TaskRecord(
            taskId,
            kind,
            typed ? type : null,
            in.readUTF(),
            in.readInt(),
            Instant.parse(in.readUTF()),
            Instant.parse(in.readUTF()),
            payload);
      } catch (IOException | IllegalArgumentException e) {
        throw new CorruptRecordException(
            "the record of task '" + taskId + "' in run '" + runId
                + "' is damaged; delete the key '" + recordKey(taskId) + "' to run the task again",
            e);
      }
    }
  }

  /** Bytes that are fetched when they are asked for. */
  private record KeyValuePayload(KeyValueClient client, String taskId, String key, long size)
      implements Payload {
    @Override
    public InputStream open() {
      byte @Nullable [] bytes = client.get(key);
      if (bytes == null) {
        throw new CorruptRecordException(
            "the payload of task '" + taskId + "' is gone: there is no key '" + key + "'", null);
      }
      return new ByteArrayInputStream(bytes);
    }
  }
}
