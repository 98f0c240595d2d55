package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;

/** Records and stores for tests. */
final class Samples {
  static final Instant STARTED = Instant.parse("2026-11-04T10:15:30.123456789Z");
  static final Instant FINISHED = STARTED.plusNanos(1_000_001);

  private Samples() {}

  static TaskRecord record(String taskId, String json) {
    return record(taskId, json, 1);
  }

  static TaskRecord record(String taskId, String json, int attempt) {
    return new TaskRecord(
        taskId,
        TaskRecord.Kind.OUTPUT,
        "java.lang.Integer",
        "json",
        attempt,
        STARTED,
        FINISHED,
        Payload.of(json.getBytes(UTF_8)));
  }

  static String text(TaskRecord record) throws IOException {
    return new String(record.payload().bytes(), UTF_8);
  }

  static Store store(Path directory, Disk disk) {
    return new FileStore(directory, Clock.systemUTC(), disk);
  }
}
