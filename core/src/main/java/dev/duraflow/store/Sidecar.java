package dev.duraflow.store;

import dev.duraflow.codec.Codec;
import dev.duraflow.error.StoreException;
import java.io.StreamCorruptedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a record holds beside its payload, as the small file that stands beside the payload's. One line of JSON:
 *
 * <pre>
 * {"format":1,"task":"load-5","kind":"OUTPUT","type":"java.lang.Integer","codec":"json","attempt":1,
 *  "startedAt":"2026-11-04T10:15:30.123456789Z","finishedAt":"2026-11-04T10:15:30.124456790Z","size":1,"crc32c":"576f0efc",
 *  "check":"f75c1830"}
 * </pre>
 *
 * <p>{@code size} and {@code crc32c} are the payload's. {@code check} is the CRC-32C of all bytes before its comma and comes
 * last in every version of the format, so that it can be verified before anything is understood.
 */
record Sidecar(
    String task,
    TaskRecord.Kind kind,
    @Nullable String type,
    String codec,
    int attempt,
    Instant startedAt,
    Instant finishedAt,
    Checksum payload) {

  static final int FORMAT = 1;

  private static final int CHECK_LENGTH = checkOf(new byte[0]).length;

  static Sidecar of(TaskRecord record, Checksum payload) {
    return new Sidecar(
        record.taskId(),
        record.kind(),
        record.type(),
        record.codec(),
        record.attempt(),
        record.startedAt(),
        record.finishedAt(),
        payload);
  }

  /** What is to be said of a payload that another program wrote, as duraflow-rs does. */
  static Sidecar foreign(String task, Instant written, Checksum payload) {
    return new Sidecar(
        task, TaskRecord.Kind.OUTPUT, null, Codec.json().name(), 1, written, written, payload);
  }

  TaskRecord record(Payload bytes) {
    return new TaskRecord(task, kind, type, codec, attempt, startedAt, finishedAt, bytes);
  }

  byte[] encode() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("format", FORMAT);
    fields.put("task", task);
    fields.put("kind", kind.name());
    fields.put("type", type);
    fields.put("codec", codec);
    fields.put("attempt", attempt);
    fields.put("startedAt", startedAt.toString());
    fields.put("finishedAt", finishedAt.toString());
    fields.put("size", payload.size());
    fields.put("crc32c", payload.hex());
    byte[] json = SmallJson.encode(fields);
    byte[] head = Arrays.copyOf(json, json.length - 1);
    byte[] check = checkOf(head);
    byte[] whole = Arrays.copyOf(head, head.length + check.length);
    System.arraycopy(check, 0, whole, head.length, check.length);
    return whole;
  }

  private static byte[] checkOf(byte[] head) {
    return (",\"check\":\"" + Checksum.of(head).hex() + "\"}\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @param file names the bytes in messages
   * @throws StreamCorruptedException if these are not the bytes that were written
   * @throws StoreException if a newer version of duraflow wrote them
   */
  static Sidecar decode(byte[] bytes, Path file) throws StreamCorruptedException {
    byte[] head = Arrays.copyOf(bytes, Math.max(0, bytes.length - CHECK_LENGTH));
    byte[] tail = Arrays.copyOfRange(bytes, head.length, bytes.length);
    if (!Arrays.equals(tail, checkOf(head))) {
      throw new StreamCorruptedException(
          "its " + bytes.length + " bytes do not end in their check");
    }
    try {
      Fields fields = Fields.of(bytes);
      long format = fields.integer("format");
      return format <= FORMAT ? fields.sidecar() : refuse(file, format);
    } catch (StoreException e) {
      throw e;
    } catch (RuntimeException e) {
      StreamCorruptedException corrupted =
          new StreamCorruptedException("it is not understood: " + e.getMessage());
      corrupted.initCause(e);
      throw corrupted;
    }
  }

  private static Sidecar refuse(Path file, long format) {
    throw new StoreException(
        file + " has format " + format + ", and this version of duraflow knows formats up to "
            + FORMAT + "; open the run with the version that wrote it, or a newer one");
  }

  private record Fields(Map<?, ?> values) {
    static Fields of(byte[] json) {
      return new Fields(SmallJson.decode(json, json.length));
    }

    Sidecar sidecar() {
      return new Sidecar(
          text("task"),
          TaskRecord.Kind.valueOf(text("kind")),
          (String) values.get("type"),
          text("codec"),
          (int) integer("attempt"),
          Instant.parse(text("startedAt")),
          Instant.parse(text("finishedAt")),
          new Checksum(integer("size"), HexFormat.fromHexDigits(text("crc32c"))));
    }

    String text(String field) {
      if (values.get(field) instanceof String text) {
        return text;
      }
      throw new IllegalArgumentException("'" + field + "' is missing");
    }

    long integer(String field) {
      if (values.get(field) instanceof Number number) {
        return number.longValue();
      }
      throw new IllegalArgumentException("'" + field + "' is missing");
    }
  }
}
