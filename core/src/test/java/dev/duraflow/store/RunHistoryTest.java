package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class RunHistoryTest {
  @TempDir
  Path directory;

  private JournalStore store() {
    return JournalStore.at(directory);
  }

  private Duraflow duraflow() {
    return Duraflow.builder()
        .store(store())
        .failurePolicy(FailurePolicy.KEEP_GOING)
        .build();
  }

  private static Dag flights(AtomicBoolean broken) {
    Dag dag = Dag.named("flights");
    Task<List<String>> airports =
        dag.task("airports", () -> List.of("ORD", "SFO")).returns(new TypeRef<List<String>>() {});
    Task<List<Integer>> delays = dag.map("delay", airports, airport -> airport, airport -> {
          if (broken.get() && airport.equals("SFO")) {
            throw new IllegalStateException(
                "no data for " + airport, new IOException("disk on fire"));
          }
          return airport.length();
        })
        .returns(new TypeRef<List<Integer>>() {});
    dag.task("report", delays, List::size);
    return dag;
  }

  @Test
  void history_ofAFailedRunThatWasResumed_tellsAllOfIt() {
    AtomicBoolean broken = new AtomicBoolean(true);
    for (int i = 0; i < 2; i++) {
      try (Duraflow duraflow = duraflow()) {
        assertThatThrownBy(() -> duraflow.run(flights(broken)))
            .isInstanceOf(RunFailedException.class);
      }
    }
    try (RunHistory history = store().read("flights")) {
      assertThat(history.state()).isEqualTo(RunState.FAILED);
      assertThat(history.find("delay[SFO]")).isEmpty();
      assertThat(history.records())
          .extracting(TaskRecord::taskId)
          .containsExactlyInAnyOrder("airports", "delay", "delay[ORD]");
      assertThat(history.attempts().filter(attempt -> attempt.failure().isPresent()))
          .extracting(Attempt::taskId, Attempt::number)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple("delay[SFO]", 1),
              org.assertj.core.groups.Tuple.tuple("delay[SFO]", 2));
    }
    broken.set(false);
    try (Duraflow duraflow = duraflow()) {
      duraflow.run(flights(broken));
    }
    try (RunHistory history = store().read("flights")) {
      assertThat(history.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(history.holder()).isEmpty();
      assertThat(history.graph()).contains(TaskGraph.of(flights(broken)));
      assertThat(history.find("delay[SFO]").orElseThrow().attempt()).isEqualTo(3);
      List<RunNote> notes = history.notes().toList();
      assertThat(notes)
          .extracting(RunNote::getClass)
          .extracting(Class::getSimpleName)
          .containsExactly(
              "Began",
              "AttemptFailed",
              "Ended",
              "Began",
              "AttemptFailed",
              "Ended",
              "Began",
              "Ended");
      Began began = (Began) notes.get(0);
      assertThat(began.graph()).isEqualTo(TaskGraph.of(flights(broken)));
      assertThat(began.pid()).isEqualTo(ProcessHandle.current().pid());
      AttemptFailed failed = (AttemptFailed) notes.get(1);
      assertThat(failed.failure())
          .contains(
              "java.lang.IllegalStateException: no data for SFO\n\tat ",
              "Caused by: java.io.IOException: disk on fire\n");
      assertThat(failed.startedAt()).isBetween(began.at(), failed.finishedAt());
      assertThat(notes.get(7)).isInstanceOfSatisfying(Ended.class, end -> {
        assertThat(end.state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(end.completed()).isEqualTo(5);
        assertThat(end.total()).isEqualTo(5);
      });
    }
  }

  @Test
  void graph_isWrittenAgainOnlyIfItDiffers() throws Exception {
    long[] sizes = new long[4];
    for (int i = 0; i < 4; i++) {
      Dag dag = Dag.named("wide");
      for (int t = 0; t < (i < 3 ? 10_000 : 10_001); t++) {
        dag.task("task" + t, () -> 1);
      }
      try (OpenRun run = store().open("wide")) {
        run.note(Began.here(TaskGraph.of(dag), Journals.STARTED));
      }
      sizes[i] = Files.size(Journals.journal(directory, "wide"));
    }
    assertThat(sizes[0]).isGreaterThan(20_000);
    assertThat(sizes[2] - sizes[0]).isLessThan(200);
    assertThat(sizes[3] - sizes[2]).isGreaterThan(20_000);
    try (RunHistory history = store().read("wide")) {
      assertThat(history.graph().orElseThrow().size()).isEqualTo(10_001);
      assertThat(history.notes())
          .extracting(note -> ((Began) note).graph().size())
          .containsExactly(10_000, 10_000, 10_000, 10_001);
    }
  }

  @Test
  void state_followsTheRun() throws Exception {
    Dag dag = Dag.named("sleepy");
    dag.task("sleep", () -> {
      Thread.sleep(60_000);
      return 1;
    });
    try (Duraflow duraflow = duraflow()) {
      dev.duraflow.Run run = duraflow.start(dag);
      RunHistory during = waitUntilBegun("sleepy");
      assertThat(during.state()).isEqualTo(RunState.RUNNING);
      assertThat(during.holder().orElseThrow().pid())
          .isEqualTo(ProcessHandle.current().pid());
      run.cancel();
      assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
      assertThat(during.state()).isEqualTo(RunState.RUNNING);
      during.close();
    }
    try (RunHistory history = store().read("sleepy")) {
      assertThat(history.state()).isEqualTo(RunState.CANCELLED);
      assertThat(history.attempts()).isEmpty();
    }
    try (OpenRun run = store().open("sleepy")) {
      run.note(Began.here(TaskGraph.of(dag), Journals.STARTED));
    }
    try (RunHistory history = store().read("sleepy")) {
      assertThat(history.state()).isEqualTo(RunState.INTERRUPTED);
    }
  }

  private RunHistory waitUntilBegun(String runId) throws InterruptedException {
    while (true) {
      RunHistory history = store().read(runId);
      if (history.graph().isPresent()) {
        return history;
      }
      history.close();
      Thread.sleep(1);
    }
  }

  @Test
  void steps_areARunThatSucceeded() throws Exception {
    try (Duraflow duraflow = duraflow()) {
      assertThat(duraflow.<Integer>step("one", () -> 11)).isEqualTo(11);
    }
    try (RunHistory history = store().read("steps")) {
      assertThat(history.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(history.graph()).isEmpty();
    }
  }

  @Test
  void read_ofARunThatIsNotThere_saysSo() {
    assertThatThrownBy(() -> store().read("nightly"))
        .isInstanceOf(StoreException.class)
        .hasMessage("there is no run 'nightly' in " + directory);
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void read_changesNothing_evenOfATornEnd() throws Exception {
    StoredRuns.save(store(), "torn", Journals.record("a", "1"), Journals.record("b", "2"));
    Path journal = Journals.journal(directory, "torn");
    byte[] whole = Files.readAllBytes(journal);
    long endOfB = whole.length - 15L; // behind it is a mark
    long startOfB = StoredRuns.frameOf(journal, "b");
    for (int cut = whole.length; cut >= startOfB; cut--) {
      Files.write(journal, java.util.Arrays.copyOf(whole, cut));
      byte[] before = Files.readAllBytes(journal);
      try (RunHistory history = store().read("torn")) {
        assertThat(history.find("a")).isPresent();
        assertThat(history.find("b").isPresent()).isEqualTo(cut >= endOfB);
        assertThat(history.state()).isEqualTo(RunState.SUCCEEDED);
      }
      assertThat(Files.readAllBytes(journal)).isEqualTo(before);
    }
  }

  @Test
  void read_ofADamagedRun_namesTheWayOut() throws Exception {
    StoredRuns.save(
        store(),
        "bad",
        Journals.record("a", "1"),
        Journals.record("b", "2"),
        Journals.record("c", "3"));
    Path journal = Journals.journal(directory, "bad");
    StoredRuns.flip(journal, StoredRuns.frameOf(journal, "b") + 8);
    assertThatThrownBy(() -> store().read("bad"))
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContaining("is damaged at byte")
        .hasMessageContaining("JournalStore.salvage");
  }

  /** A body type that a later version adds. */
  @Test
  void frames_ofUnknownTypes_arePassedOver() throws Exception {
    try (OpenRun run = store().open("newer")) {
      Journals.save(run, Journals.record("a", "1"));
    }
    addFrame("newer", new byte[] {9, 1, 2, 3});
    StoredRuns.save(store(), "newer", Journals.record("b", "2"));

    assertThat(StoredRuns.contents(store(), "newer")).containsOnlyKeys("a", "b");
    assertThat(store().verify("newer").isIntact()).isTrue();
    JournalStore copies =
        JournalStore.at(directory.resolveSibling(directory.getFileName() + "-copies"));
    store().copy("newer", copies);
    assertThat(StoredRuns.contents(copies, "newer"))
        .isEqualTo(StoredRuns.contents(store(), "newer"));
    for (JournalStore each : List.of(store(), copies)) {
      assertThatThrownBy(() -> each.compact("newer"))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("type 9");
    }
  }

  private void addFrame(String runId, byte[] body) throws IOException {
    Path journal = Journals.journal(directory, runId);
    try (DiskFile file = new DiskFile(journal)) {
      Frames.Decoded begin = Frames.Header.read(file);
      long end = file.size();
      Bytes frame = new Bytes(64);
      frame.putVarint(body.length);
      int crc = new Bytes(body, 0).crc32c(0, body.length) ^ begin.header().mix(end);
      frame.putInt(crc);
      frame.putBytes(body);
      file.write(end, frame.array, 0, frame.position);
    }
  }

  /** The prefix property, and that a reader sees what was durable before it came. */
  @Test
  void read_whileAnotherThreadWritesAtFullSpeed_seesAPrefix() throws Exception {
    AtomicLong durable = new AtomicLong(-1);
    AtomicBoolean stop = new AtomicBoolean();
    int most = 400_000;
    Thread writer = new Thread(() -> {
      try (OpenRun run = store().open("busy")) {
        for (int i = 0; i < most && !stop.get(); i++) {
          int saved = i;
          run.save(Journals.record("task-" + i, "output " + i))
              .whenComplete((done, error) -> durable.accumulateAndGet(saved, Math::max));
          if (i % 97 == 0) {
            run.note(new AttemptFailed(
                "task-" + i, 1, Journals.STARTED, Journals.STARTED, "x".repeat(i % 1000)));
          }
        }
      }
    });
    writer.start();
    try {
      int reads = 0;
      int last = 0;
      List<Integer> seen = new ArrayList<>();
      while (reads < 60 && last < most) {
        if (durable.get() < 0) {
          continue;
        }
        long before = durable.get();
        try (RunHistory history = store().read("busy")) {
          List<TaskRecord> records = history.records().toList();
          assertThat(records.size()).isGreaterThan((int) before);
          for (int i = 0; i < records.size(); i += 1 + records.size() / 500) {
            assertThat(records.get(i).taskId()).isEqualTo("task-" + i);
            assertThat(records.get(i).payload().bytes()).asString().isEqualTo("output " + i);
          }
          assertThat(history
                  .attempts()
                  .filter(attempt -> attempt.failure().isEmpty())
                  .count())
              .isEqualTo(records.size());
          last = records.size();
          seen.add(last);
        }
        reads++;
      }
      assertThat(seen).isSorted();
      assertThat(seen.get(seen.size() - 1)).isGreaterThan(seen.get(0));
    } finally {
      stop.set(true);
      writer.join();
    }
  }

  @Test
  void payload_readAfterClosing_saysWhy() {
    try (OpenRun run = store().open("run")) {
      Journals.save(run, Journals.record("a", "1"));
    }
    RunHistory history = store().read("run");
    TaskRecord found = history.find("a").orElseThrow();
    history.close();
    assertThatThrownBy(() -> found.payload().bytes())
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("read from a RunHistory before closing it");
  }
}
