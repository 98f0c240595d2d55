package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The history in a journal of each version of the format, which must be read for ever. */
final class StoredHistoryTest {
  private static final Instant AT = Instant.parse("2026-11-04T10:15:30.123456789Z");

  @TempDir
  Path root;

  private static Dag dag() {
    Dag dag = Dag.named("flights \u00e9");
    Task<List<String>> flights =
        dag.task("flights", () -> List.of("LH400")).returns(new TypeRef<List<String>>() {});
    Task<Integer> count = dag.task("flights/count", flights, List::size);
    dag.map("delay", flights, flight -> flight, String::length);
    dag.task("a-task-with-a-longer-id-than-fifteen-bytes", flights, count, (all, size) -> size);
    return dag;
  }

  private static final List<RunNote> NOTES = List.of(
      new Began(TaskGraph.of(dag()), AT, "harbour", 4711),
      new AttemptFailed(
          "delay[\u00e9]",
          1,
          AT.plusNanos(1),
          AT.plusSeconds(1),
          "java.io.IOException: no \u00e9\n\tat a.B.c"),
      new Ended(RunState.FAILED, AT.plusSeconds(2), 2, 5),
      new Began(TaskGraph.of(dag()), AT.plusSeconds(3), "harbour", 4712),
      new Ended(RunState.CANCELLED, AT.plusSeconds(4), 3, 5),
      new Began(TaskGraph.of(dag()), AT.plusSeconds(5), "\u00e9", 1),
      new Ended(RunState.SUCCEEDED, AT.plusSeconds(6), 5, 5));

  private static void write(Path root) {
    try (OpenRun run = JournalStore.at(root).open("history")) {
      Journals.save(run, Journals.record("flights", "[\"LH400\"]"));
      NOTES.forEach(run::note);
    }
  }

  @Test
  void version1_isRead() throws IOException {
    String target = System.getProperty("duraflow.writeStoredHistory"); // how it was made
    if (target != null) {
      write(Path.of(target));
    }
    Path run = Files.createDirectories(root.resolve("history"));
    try (InputStream in =
        StoredHistoryTest.class.getResourceAsStream("journal-v1/history/journal")) {
      Files.copy(in, run.resolve("journal"));
    }
    JournalStore store = JournalStore.at(root);
    try (RunHistory history = store.read("history")) {
      assertThat(history.notes()).containsExactlyElementsOf(NOTES);
      assertThat(history.graph()).contains(TaskGraph.of(dag()));
      assertThat(history.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(history.find("flights").map(StoredRuns::describe))
          .contains(StoredRuns.describe(Journals.record("flights", "[\"LH400\"]")));
    }
    assertThat(store.runs()).extracting(RunSummary::completed).containsExactly(5);
    assertThat(store.verify("history").isIntact()).isTrue();
  }
}
