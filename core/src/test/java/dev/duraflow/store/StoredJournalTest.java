package dev.duraflow.store;

import static dev.duraflow.store.Journals.save;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.TaskRecord.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Journals that were written by each version of the format, and must open for ever. */
final class StoredJournalTest {
  private static final String SIDE_FILE =
      "a56af2e9bfeba185d9f1ae0b88280e46325c593088cd0c3b1a308dc0df0e3677";

  @TempDir
  Path root;

  private static final Instant AT = Instant.parse("2026-11-04T10:15:30.123456789Z");

  private static TaskRecord record(
      String id, Kind kind, String type, String codec, int attempt, String payload) {
    return new TaskRecord(
        id,
        kind,
        type,
        codec,
        attempt,
        AT,
        AT.plusNanos(payload.length()),
        Payload.of(payload.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
  }

  /** All that version 1 can say, in three openings: closed, under PROCESS, and killed with a batch half written. */
  private static final List<TaskRecord> VERSION_1 = List.of(
      record("flights", Kind.OUTPUT, "java.util.List<java.lang.String>", "json", 1, "[\"LH400\"]"),
      record("delay", Kind.KEYS, "java.util.List<java.lang.String>", "json", 1, "[\"ORD\",\"é\"]"),
      record("delay[ORD]", Kind.OUTPUT, "java.lang.Integer", "json", 3, "11"),
      record("delay[é]", Kind.OUTPUT, "java.lang.Integer", "json", 1, "-7"),
      record("untyped", Kind.OUTPUT, null, "other", Integer.MAX_VALUE, ""),
      record(
          "large", Kind.OUTPUT, "java.lang.String", "json", 1, "\"" + "x".repeat(70_000) + "\""));

  private static void write(Path root) throws IOException {
    try (OpenRun run = Journals.store(root, new Disk(), 65_536).open("nightly")) {
      save(run, record("flights", Kind.OUTPUT, "java.lang.String", "json", 1, "\"replaced\""));
      save(run, VERSION_1.get(0));
      save(run, VERSION_1.get(5));
    }
    try (OpenRun run =
        Journals.store(root, new Disk(), 65_536).open("nightly", Durability.PROCESS)) {
      save(run, VERSION_1.get(1));
      save(run, VERSION_1.get(2));
    }
    byte[] asIfKilled;
    try (OpenRun run = Journals.store(root, new Disk(), 65_536).open("nightly")) {
      save(run, VERSION_1.get(3));
      save(run, VERSION_1.get(4));
      asIfKilled = Files.readAllBytes(root.resolve("nightly/journal"));
    }
    int closed = (int) Files.size(root.resolve("nightly/journal"));
    System.arraycopy(new byte[] {0x1a, 1, 2, 3, 4, 3, 1}, 0, asIfKilled, closed - 15, 7);
    Files.write(root.resolve("nightly/journal"), java.util.Arrays.copyOf(asIfKilled, closed + 300));
  }

  @Test
  void version1_opens() throws IOException {
    if (System.getProperty("duraflow.writeStoredJournal") != null) { // how it was made
      write(Path.of(System.getProperty("duraflow.writeStoredJournal")));
    }
    Path run = Files.createDirectories(root.resolve("nightly"));
    Files.createDirectory(run.resolve("outputs"));
    for (String file : List.of("journal", "outputs/" + SIDE_FILE)) {
      try (InputStream in =
          StoredJournalTest.class.getResourceAsStream("journal-v1/nightly/" + file)) {
        Files.copy(in, run.resolve(file));
      }
    }
    for (Durability durability : Durability.values()) {
      try (OpenRun open = JournalStore.at(root).open("nightly", durability)) {
        for (TaskRecord expected : VERSION_1) {
          TaskRecord found = open.find(expected.taskId()).orElseThrow();
          assertThat(found)
              .usingRecursiveComparison()
              .ignoringFields("payload")
              .isEqualTo(expected);
          assertThat(found.payload().bytes()).isEqualTo(expected.payload().bytes());
          assertThat(found.payload().size()).isEqualTo(expected.payload().size());
        }
        assertThat(open.find("torn")).isEmpty();
        save(open, record("new", Kind.OUTPUT, "a.Type", "json", 1, "1"));
        assertThat(open.find("new")).isPresent();
      }
    }
  }
}
