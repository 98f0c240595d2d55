package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.store.Frames.Header;
import dev.duraflow.store.TaskRecord.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the tests of journals have in common. */
final class Journals {
  static final Instant STARTED = Instant.parse("2026-11-04T10:15:30.123456789Z");
  static final Header HEADER = new Header("run", 0x0123456789abcdefL, STARTED);

  private Journals() {}

  static JournalStore store(Path root, Disk disk, int sideFileThreshold) {
    return new JournalStore(root, Clock.systemUTC(), disk, sideFileThreshold);
  }

  static Path journal(Path root, String runId) {
    return root.resolve(runId).resolve("journal");
  }

  static TaskRecord record(String taskId, String payload) {
    return record(taskId, 1, payload.getBytes(UTF_8));
  }

  static TaskRecord record(String taskId, int attempt, byte[] payload) {
    return new TaskRecord(
        taskId,
        Kind.OUTPUT,
        "java.lang.String",
        "json",
        attempt,
        STARTED,
        STARTED.plusMillis(5),
        Payload.of(payload));
  }

  /** Saves as a caller does that has nothing else to do, and waits. */
  static void save(OpenRun run, TaskRecord record) {
    join(run.saveNow(record));
  }

  static void appendNow(
      JournalWriter writer, TaskRecord record, @Nullable Beside beside, byte[] payload) {
    join(writer.appendNow(record, beside, payload));
  }

  private static void join(CompletionStage<Void> saved) {
    try {
      saved.toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  static String text(TaskRecord record) {
    try {
      return new String(record.payload().bytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Optional<String> text(OpenRun run, String taskId) {
    return run.find(taskId).map(Journals::text);
  }

  /** The threads that commit for writers of this process. */
  static Set<Thread> committers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("duraflow-journal"))
        .collect(Collectors.toSet());
  }

  /** The size of a loop: as given, or with {@code -Dduraflow.nightly=true} as many times that. */
  static int times(int usual, int nightlyFactor) {
    return Boolean.getBoolean("duraflow.nightly") ? usual * nightlyFactor : usual;
  }
}
