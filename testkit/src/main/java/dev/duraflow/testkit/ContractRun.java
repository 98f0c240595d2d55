package dev.duraflow.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** An open run as the contract's tests speak to it: saves are waited for, payloads are text. */
record ContractRun(OpenRun run) implements AutoCloseable {
  static final Instant STARTED = Instant.parse("2026-11-04T10:15:30.123456789Z");

  static TaskRecord record(String taskId, String text) {
    return record(taskId, 1, Payload.of(text.getBytes(UTF_8)));
  }

  static TaskRecord record(String taskId, int attempt, Payload payload) {
    return record(taskId, TaskRecord.Kind.OUTPUT, "java.lang.String", attempt, payload);
  }

  static TaskRecord record(
      String taskId, TaskRecord.Kind kind, @Nullable String type, int attempt, Payload payload) {
    return new TaskRecord(
        taskId, kind, type, "json", attempt, STARTED, STARTED.plusMillis(attempt), payload);
  }

  void save(String taskId, String text) {
    save(record(taskId, text));
  }

  void save(TaskRecord record) {
    try {
      run.save(record).toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("save of '" + record.taskId() + "' does not end", e);
    }
  }

  Optional<TaskRecord> find(String taskId) {
    return run.find(taskId);
  }

  /** The text of a record that has to be there. */
  String text(String taskId) {
    Optional<TaskRecord> found = find(taskId);
    assertThat(found).as("the record of '%s'", taskId).isPresent();
    return text(found.get());
  }

  static String text(TaskRecord record) {
    try {
      return new String(record.payload().bytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Checks that a record is there and is the expected one, its times to the microsecond. */
  void assertHolds(TaskRecord expected) throws IOException {
    Optional<TaskRecord> record = find(expected.taskId());
    assertThat(record).as("the record of '%s'", expected.taskId()).isPresent();
    TaskRecord found = record.get();
    assertThat(found.taskId()).isEqualTo(expected.taskId());
    assertThat(found.kind()).isEqualTo(expected.kind());
    assertThat(found.type()).isEqualTo(expected.type());
    assertThat(found.codec()).isEqualTo(expected.codec());
    assertThat(found.attempt()).isEqualTo(expected.attempt());
    assertSame(found.startedAt(), expected.startedAt());
    assertSame(found.finishedAt(), expected.finishedAt());
    assertThat(found.payload().size()).isEqualTo(expected.payload().size());
    assertThat(found.payload().bytes()).isEqualTo(expected.payload().bytes());
  }

  private static void assertSame(Instant found, Instant expected) {
    assertThat(found).isBetween(expected.truncatedTo(ChronoUnit.MICROS), expected);
  }

  @Override
  public void close() {
    run.close();
  }
}
