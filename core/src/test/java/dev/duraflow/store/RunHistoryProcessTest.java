package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Reads what another process writes, while it writes, when it has failed, and when it has been killed. */
@Timeout(120)
final class RunHistoryProcessTest {
  @TempDir
  Path directory;

  /** The other process. */
  static final class Program {
    public static void main(String[] args) {
      Path directory = Path.of(args[0]);
      Dag dag = Dag.named("program");
      Task<Integer> first = dag.task("first", () -> 1);
      dag.task("second", first, value -> goOnWith(value, directory.resolve("go")));
      try (Duraflow duraflow =
          Duraflow.builder().store(JournalStore.at(directory.resolve("state"))).build()) {
        duraflow.run(dag);
      } catch (RunFailedException e) {
        System.out.println("failed");
      }
    }

    private static Integer goOnWith(int value, Path go) throws Exception {
      while (!Files.exists(go)) {
        Thread.sleep(5);
      }
      throw new IOException("could not go on with " + value);
    }
  }

  private void waitUntilSecondRuns(JournalStore store) throws Exception {
    while (true) {
      if (!store.runs().isEmpty()) {
        try (RunHistory history = store.read("program")) {
          if (history.find("first").isPresent()) {
            return;
          }
        }
      }
      Thread.sleep(5);
    }
  }

  @Test
  void history_ofARunInAnotherProcess_isSeenAtOnceAndAfterItsEnd() throws Exception {
    JournalStore store = JournalStore.at(directory.resolve("state"));
    ForkedJvm killed = ForkedJvm.of(Program.class, directory);
    waitUntilSecondRuns(store);
    try (RunHistory history = store.read("program")) {
      assertThat(history.state()).isEqualTo(RunState.RUNNING);
      assertThat(history.holder().orElseThrow().pid()).isEqualTo(killed.pid());
      assertThat(history.graph().orElseThrow().size()).isEqualTo(2);
    }
    assertThat(store.runs()).extracting(RunSummary::state).containsExactly(RunState.RUNNING);
    killed.kill();
    try (RunHistory history = store.read("program")) {
      assertThat(history.state()).isEqualTo(RunState.INTERRUPTED);
    }
    assertThat(store.runs()).extracting(RunSummary::state).containsExactly(RunState.INTERRUPTED);

    Files.createFile(directory.resolve("go"));
    ForkedJvm failing = ForkedJvm.of(Program.class, directory);
    assertThat(failing.readLine()).isEqualTo("failed");

    try (RunHistory history = store.read("program")) {
      assertThat(history.state()).isEqualTo(RunState.FAILED);
      List<RunNote> notes = history.notes().toList();
      assertThat(notes)
          .extracting(note -> note.getClass().getSimpleName())
          .containsExactly("Began", "Began", "AttemptFailed", "Ended");
      assertThat(((Began) notes.get(0)).pid()).isEqualTo(killed.pid());
      assertThat(((Began) notes.get(1)).pid()).isEqualTo(failing.pid());
      assertThat(((AttemptFailed) notes.get(2)).failure())
          .startsWith(
              "java.io.IOException: could not go on with 1\n\tat " + Program.class.getName());
    }
  }
}
