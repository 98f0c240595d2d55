package dev.duraflow.store;

import dev.duraflow.error.RunLockedException.Holder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a lock file says, for people and for the message to whoever comes second. One line of JSON; once the run has been given
 * up, only its id:
 *
 * <pre>
 * {"run":"nightly","host":"harbour","pid":4711,"since":"2026-11-04T10:15:30.123456789Z"}
 * </pre>
 */
record OwnerNote(String run, @Nullable Holder holder) {
  private static final int MAX_LENGTH = 1 << 20;

  /** What the file is to say. */
  byte[] encoded() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("run", run);
    if (holder != null) {
      fields.put("host", holder.host());
      fields.put("pid", holder.pid());
      fields.put("since", holder.since().toString());
    }
    byte[] json = SmallJson.encode(fields);
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }

  static void write(byte[] encoded, RandomAccessFile file) throws IOException {
    file.setLength(0);
    file.seek(0);
    file.write(encoded);
  }

  /** The holder that a file names; null if it names none, or is being written. */
  static @Nullable Holder holder(RandomAccessFile file) throws IOException {
    byte[] json = new byte[(int) Math.min(file.length(), MAX_LENGTH)];
    file.seek(0);
    int length = Math.max(0, file.read(json));
    if (!new String(json, 0, length, StandardCharsets.UTF_8).contains("\"pid\"")) {
      return null; // told without a parser, since a listing asks this for each run
    }
    try {
      return holder(SmallJson.decode(json, length));
    } catch (RuntimeException e) {
      return null;
    }
  }

  private static @Nullable Holder holder(Map<String, @Nullable Object> fields) {
    return fields.get("host") instanceof String host
            && fields.get("pid") instanceof Number pid
            && fields.get("since") instanceof String since
        ? new Holder(host, pid.longValue(), Instant.parse(since))
        : null;
  }
}
