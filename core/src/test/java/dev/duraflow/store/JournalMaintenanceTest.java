package dev.duraflow.store;

import static dev.duraflow.store.Journals.record;
import static dev.duraflow.store.StoredRuns.contents;
import static dev.duraflow.store.StoredRuns.large;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import dev.duraflow.store.Verification.Damage;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class JournalMaintenanceTest {
  @TempDir
  Path temporary;

  private Path directory;
  private JournalStore store;
  private JournalStore copies;

  @BeforeEach
  void open() {
    directory = temporary.resolve("state");
    store = JournalStore.at(directory);
    copies = JournalStore.at(temporary.resolve("copies"));
  }

  // ---- listing

  @Test
  void runs_ofAllKinds_areListedWithTheirState() throws Exception {
    Instant before = Instant.now().minusSeconds(1);
    Dag dag = Dag.named("nightly");
    dag.task("a", () -> 1);
    dag.task("b", () -> 2);
    try (Duraflow duraflow = Duraflow.builder().store(store).build()) {
      duraflow.run(dag, "b/ended");
    }
    try (OpenRun run = store.open("killed")) {
      run.note(Began.here(TaskGraph.of(dag), Journals.STARTED));
      Journals.save(run, record("a", 1, large(1)));
    }
    Files.createDirectories(directory.resolve("not-a-run"));
    Files.writeString(directory.resolve("notes.txt"), "mine");
    StoredRuns.save(store, "headless", record("a", "1"));
    StoredRuns.flip(Journals.journal(directory, "headless"), 3);
    try (OpenRun held = store.open("held")) {
      Journals.save(held, record("a", "1"));
      Journals.save(held, record("a", "2"));

      List<RunSummary> runs = store.runs();

      assertThat(runs)
          .extracting(RunSummary::runId)
          .containsExactly("b/ended", "headless", "held", "killed");
      assertThat(runs)
          .extracting(RunSummary::state)
          .containsExactly(
              RunState.SUCCEEDED, RunState.INTERRUPTED, RunState.RUNNING, RunState.INTERRUPTED);
      assertThat(runs).extracting(RunSummary::completed).containsExactly(2, 0, 1, 1);
      assertThat(runs.get(1).problem().orElseThrow()).contains("does not begin with the header");
      assertThat(runs.get(3).problem()).isEmpty();
      assertThat(runs.get(3).sizeInBytes()).isBetween(1L << 20, (1L << 20) + 1000);
      assertThat(runs).allSatisfy(run -> {
        assertThat(run.createdAt()).isBetween(before, Instant.now());
        assertThat(run.changedAt()).isBetween(before, Instant.now());
      });
    }
    assertThat(store.runs().get(2).state()).isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void runs_whenThereAreTenThousand_areListedInASecondOrSo() throws Exception {
    Dag dag = Dag.named("small");
    dag.task("a", () -> 1);
    try (Duraflow duraflow = Duraflow.builder().store(store).build()) {
      duraflow.run(dag, "run-0");
    }
    Path first = directory.resolve("run-0");
    try (JournalReader from = JournalReader.open(first, "run-0", new Disk())) {
      for (int i = 1; i < 10_000; i++) {
        copyUnsynced(from, "run-" + i);
      }
    }
    long start = System.nanoTime();
    List<RunSummary> runs = JournalStore.at(directory).runs();
    long millis = (System.nanoTime() - start) / 1_000_000;

    assertThat(runs).hasSize(10_000);
    assertThat(runs).allMatch(run -> run.state() == RunState.SUCCEEDED && run.completed() == 1);
    assertThat(millis).isLessThan(20_000); // by far, for slow machines
  }

  /** Without a sync, and with the same last frame. */
  private void copyUnsynced(JournalReader from, String runId) throws IOException {
    Path run = Files.createDirectory(directory.resolve(runId));
    Frames.Header header =
        new Frames.Header(runId, runId.hashCode(), from.header().created());
    Bytes out = new Bytes(1000);
    out.putBytes(header.encoded());
    JournalScan scan = new JournalScan(from.file(), from.header(), from.firstFrame());
    while (scan.next(from.file().size())) {
      StoredRuns.putFrame(
          out,
          header,
          java.util.Arrays.copyOfRange(scan.body().array, scan.body().position, scan.bodyEnd()));
    }
    Files.write(run.resolve("journal"), java.util.Arrays.copyOf(out.array, out.position));
  }

  // ---- deleting

  @Test
  void delete_ofAHeldRun_isRefused() {
    try (OpenRun run = store.open("held")) {
      Journals.save(run, record("a", "1"));
      assertThatThrownBy(() -> store.delete("held")).isInstanceOf(RunLockedException.class);
      assertThat(run.find("a")).isPresent();
    }
    assertThat(store.delete("held")).isTrue();
    assertThat(store.delete("held")).isFalse();
    assertThat(directory).isEmptyDirectory();
    try (OpenRun run = store.open("held")) {
      assertThat(run.find("a")).isEmpty();
    }
  }

  @Test
  void delete_thatDiedHalfway_isFinishedByTheNext() {
    JournalStore dying = new JournalStore(directory, java.time.Clock.systemUTC(), new Disk() {
      @Override
      void delete(Path file) throws IOException {
        throw new IOException("killed");
      }
    });
    StoredRuns.save(store, "first", record("a", 1, large(1)));
    StoredRuns.save(store, "second", record("a", "1"));
    assertThatThrownBy(() -> dying.delete("first"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("killed");
    assertThat(store.runs()).extracting(RunSummary::runId).containsExactly("second");
    assertThatThrownBy(() -> store.read("first")).hasMessageContaining("there is no run 'first'");
    assertThat(store.delete("second")).isTrue();
    assertThat(directory).isEmptyDirectory();
  }

  /** Openers that came to the lock of a deleted run took it, and wrote where nobody looks. */
  @Test
  void delete_whileOthersOpenAndDelete_losesNoRecordOfAnOwner() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    List<Throwable> wrong = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      String content = "content of " + t;
      threads.add(new Thread(() -> {
        while (!stop.get()) {
          try (OpenRun run = JournalStore.at(directory).open("contested", Durability.PROCESS)) {
            Journals.save(run, record("a", content));
            assertThat(StoredRuns.describe(run.find("a").orElseThrow())).contains(content);
            assertThat(contents(store, "contested").get("a")).contains(content);
          } catch (RunLockedException e) {
            // taken
          } catch (Throwable e) {
            wrong.add(e);
            return;
          }
        }
      }));
    }
    threads.forEach(Thread::start);
    long end = System.nanoTime() + 2_000_000_000L;
    int deleted = 0;
    while (System.nanoTime() < end) {
      try {
        deleted += store.delete("contested") ? 1 : 0;
      } catch (RunLockedException e) {
        // taken
      }
    }
    stop.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).isEmpty();
    assertThat(deleted).isPositive();
  }

  // ---- verifying and salvaging

  private void saveMixed(String runId) {
    try (OpenRun run = store.open(runId)) {
      run.note(Began.here(TaskGraph.of(Dag.named("mixed")), Journals.STARTED));
      Journals.save(run, record("a", "1"));
      Journals.save(run, record("large", 1, large(3)));
      run.note(
          new AttemptFailed("c", 1, Journals.STARTED, Journals.STARTED.plusSeconds(1), "no luck"));
      Journals.save(run, record("b", "2"));
      Journals.save(run, record("c", 2, new byte[] {'3'}));
      run.note(new Ended(RunState.SUCCEEDED, Journals.STARTED, 4, 4));
    }
  }

  @Test
  void verify_ofAnIntactRun_findsNothing() {
    saveMixed("fine");
    Verification verification = store.verify("fine");
    assertThat(verification.damages()).isEmpty();
    assertThat(verification.records()).isEqualTo(4);
    try (OpenRun held = store.open("fine")) {
      held.save(record("d", "4"));
      assertThat(store.verify("fine").isIntact()).isTrue();
    }
  }

  @Test
  void verify_ofADamagedRun_namesAllOfIt_andSalvageTakesTheRest() throws Exception {
    saveMixed("bad");
    Map<String, String> whole = contents(store, "bad");
    Path journal = Journals.journal(directory, "bad");
    long a = StoredRuns.frameOf(journal, "a");
    StoredRuns.flip(journal, a + 6);
    Path side = onlyFile(directory.resolve("bad/outputs"));
    StoredRuns.flip(side, 1000);

    Verification verification = store.verify("bad");

    assertThat(verification.isIntact()).isFalse();
    assertThat(verification.records()).isEqualTo(2);
    assertThat(verification.damages()).extracting(Damage::file).containsExactly(journal, side);
    assertThat(verification.damages().get(0).position()).isEqualTo(a);
    assertThat(verification.damages().get(1).taskId()).contains("large");
    assertThat(verification.damages().get(1).problem()).contains("is damaged");

    assertThatThrownBy(() -> store.copy("bad", copies)).isInstanceOf(CorruptRecordException.class);
    assertThatThrownBy(() -> store.compact("bad")).isInstanceOf(CorruptRecordException.class);
    assertThatThrownBy(() -> store.open("bad"))
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContaining("JournalStore.salvage");
    Verification salvaged = store.salvage("bad", "bad-2");
    assertThat(salvaged.damages()).hasSize(2);
    assertThat(salvaged.records()).isEqualTo(2);
    whole.keySet().removeAll(List.of("a", "large"));
    assertThat(contents(store, "bad-2")).isEqualTo(whole);
    assertThat(store.verify("bad-2").isIntact()).isTrue();
    try (RunHistory history = store.read("bad-2")) {
      assertThat(history.state()).isEqualTo(RunState.INTERRUPTED);
      assertThat(history.notes()).hasSize(2);
    }
    assertThatThrownBy(() -> store.salvage("bad", "bad-2"))
        .hasMessageContaining("run 'bad-2' is there already");
    try (OpenRun run = store.open("bad-2")) {
      assertThat(run.failedAttempts("c")).isEqualTo(1);
      Journals.save(run, record("a", "again"));
    }
    assertThat(contents(store, "bad-2")).containsOnlyKeys("a", "b", "c");
  }

  private static Path onlyFile(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      return files.iterator().next();
    }
  }

  /** Whatever bit is wrong: what is salvaged is what was written, and all but the frame that holds the bit. */
  @Test
  void salvage_withAnyBitFlipped_takesAllOtherRecords() throws Exception {
    store = StoredRuns.unsynced(directory);
    try (OpenRun run = store.open("bits")) {
      for (int i = 0; i < 6; i++) {
        Journals.save(
            run,
            record(
                "task-" + i,
                i < 3 ? 1 : 2,
                ("output " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      }
    }
    Map<String, String> whole = contents(store, "bits");
    Path journal = Journals.journal(directory, "bits");
    long firstRecord = StoredRuns.frameOf(journal, "task-0");
    long endOfThird = StoredRuns.frameOf(journal, "task-2") + 30;
    long fourthRecord = StoredRuns.frameOf(journal, "task-3");
    for (int i = 0; i < Files.size(journal); i++) {
      StoredRuns.flip(journal, i);
      Verification salvaged = store.salvage("bits", "taken");
      Map<String, String> taken = contents(store, "taken");
      boolean inHeader = salvaged.damages().stream().anyMatch(damage -> damage.position() == 0);
      if (!inHeader) {
        assertThat(whole).containsAllEntriesOf(taken);
      }
      boolean mayBeInAShape = i < firstRecord || (i > endOfThird && i < fourthRecord);
      assertThat(taken.keySet())
          .as("byte %d", i)
          .hasSizeGreaterThanOrEqualTo(inHeader ? 6 : mayBeInAShape ? 3 : 5);
      store.delete("taken");
      StoredRuns.flip(journal, i);
    }
  }

  @Test
  void salvage_acrossALargeHole_findsWhatLiesBehind() throws Exception {
    try (OpenRun run = store.open("hole")) {
      for (int i = 0; i < 20_000; i++) {
        run.save(record("task-" + i, "output " + i));
        if (i % 5_000 == 4_999) {
          run.flush().toCompletableFuture().join();
        }
      }
    }
    Path journal = Journals.journal(directory, "hole");
    long from = StoredRuns.frameOf(journal, "task-1000");
    long to = StoredRuns.frameOf(journal, "task-9000");
    assertThat(to - from).isGreaterThan(200_000);
    try (DiskFile file = new DiskFile(journal)) {
      byte[] garbage = new byte[(int) (to - from)];
      new java.util.Random(1).nextBytes(garbage);
      file.write(from, garbage, 0, garbage.length);
    }
    Verification salvaged = store.salvage("hole", "taken");
    assertThat(salvaged.damages()).hasSize(1);
    // Up to the next mark, which is not far.
    assertThat(salvaged.records()).isBetween(20_000 - 13_100, 12_000);
    assertThat(contents(store, "taken")).containsKeys("task-999", "task-19999");
  }

  // ---- copying

  @Test
  void copy_holdsTheSame() {
    saveMixed("a run");
    store.copy("a run", copies);
    assertThat(contents(copies, "a run")).isEqualTo(contents(store, "a run"));
    assertThat(copies.verify("a run")).isEqualTo(store.verify("a run"));
    try (RunHistory from = store.read("a run");
        RunHistory to = copies.read("a run")) {
      assertThat(to.notes().toList()).isEqualTo(from.notes().toList());
      assertThat(to.attempts().toList()).isEqualTo(from.attempts().toList());
      assertThat(to.createdAt()).isEqualTo(from.createdAt());
      assertThat(to.state()).isEqualTo(RunState.SUCCEEDED);
    }
    assertThatThrownBy(() -> store.copy("a run", copies))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("run 'a run' is there already");
    try (OpenRun run = copies.open("a run")) {
      assertThat(run.find("large")).isPresent();
    }
  }

  @Test
  void copy_whileTheRunIsWritten_isAPrefixWithItsSideFiles() throws Exception {
    AtomicLong durable = new AtomicLong(-1);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong allowed = new AtomicLong(); // lest it fills the disk where copying is slow
    Thread writer = new Thread(() -> {
      try (OpenRun run = store.open("busy")) {
        for (int i = 0; !stop.get(); i++) {
          while (i > allowed.get() && !stop.get()) {
            Thread.onSpinWait();
          }
          int saved = i;
          byte[] content = i % 1000 == 0
              ? large(i / 1000 % 5)
              : ("output " + i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
          run.save(record("task-" + i, 1, content))
              .whenComplete((done, error) -> durable.accumulateAndGet(saved, Math::max));
        }
      }
    });
    writer.start();
    try {
      for (int round = 0; round < 10; round++) {
        allowed.addAndGet(20_000);
        while (durable.get() < round * 20_000 + 100) {
          Thread.onSpinWait();
        }
        long before = durable.get();
        store.copy("busy", copies);
        assertThat(copies.verify("busy").damages()).isEmpty();
        try (RunHistory copy = copies.read("busy")) {
          List<String> ids = copy.records().map(TaskRecord::taskId).toList();
          assertThat(ids.size()).isGreaterThan((int) before);
          for (int i = 0; i < ids.size(); i++) {
            assertThat(ids.get(i)).isEqualTo("task-" + i);
          }
        }
        copies.delete("busy");
      }
    } finally {
      stop.set(true);
      writer.join();
    }
  }

  // ---- compacting

  @Test
  void compact_dropsWhatWasReplaced_andKeepsTheRest() throws Exception {
    for (int i = 0; i < 50; i++) {
      try (OpenRun run = store.open("old")) {
        run.note(Began.here(TaskGraph.of(Dag.named("old" + i)), Journals.STARTED));
        run.note(
            new AttemptFailed("a", i + 1, Journals.STARTED, Journals.STARTED, "x".repeat(500)));
        run.note(
            new AttemptFailed("never", i + 1, Journals.STARTED, Journals.STARTED, "y".repeat(500)));
        Journals.save(run, record("a", i + 2, new byte[300]));
        Journals.save(run, record("large", 1, large(i % 3)));
        run.note(new Ended(RunState.FAILED, Journals.STARTED, 2, 3));
      }
    }
    Path journal = Journals.journal(directory, "old");
    Map<String, String> before = contents(store, "old");
    long size = Files.size(journal);
    try (RunHistory reader = store.read("old")) {
      store.compact("old");

      assertThat(Files.size(journal)).isLessThan(size / 20);
      assertThat(reader.records().map(StoredRuns::describe))
          .containsExactlyInAnyOrderElementsOf(before.values());
    }
    assertThat(contents(store, "old")).isEqualTo(before);
    assertThat(directory.resolve("old/outputs").toFile().list()).hasSize(1);
    assertThat(store.verify("old").isIntact()).isTrue();
    try (RunHistory history = store.read("old")) {
      assertThat(history.state()).isEqualTo(RunState.FAILED);
      assertThat(history.graph().orElseThrow().dagName()).isEqualTo("old49");
      assertThat(history.notes().map(note -> note.getClass().getSimpleName()))
          .containsExactly("Began", "AttemptFailed", "Ended");
    }
    long compacted = Files.size(journal);
    store.compact("old");
    assertThat(Files.size(journal)).isEqualTo(compacted);
    try (OpenRun run = store.open("old")) {
      assertThat(run.failedAttempts("never")).isEqualTo(50);
      Journals.save(run, record("b", "new"));
    }
    assertThat(contents(store, "old")).hasSize(3);
  }

  @Test
  void compact_ofAHeldRun_isRefused() {
    try (OpenRun run = store.open("held")) {
      Journals.save(run, record("a", "1"));
      assertThatThrownBy(() -> store.compact("held")).isInstanceOf(RunLockedException.class);
    }
  }

  /** Every change on the disk fails, or is the last before a crash. */
  @Test
  void compact_thatDiesAnywhere_leavesTheOldOrTheNew() throws Exception {
    for (int crashAt = 0; ; crashAt++) {
      String runId = "crash-" + crashAt;
      for (int i = 0; i < 3; i++) {
        StoredRuns.save(store, runId, record("a", "content " + i), record("large", 1, large(i)));
      }
      Map<String, String> before = contents(store, runId);
      CrashingDisk disk = new CrashingDisk(crashAt);
      JournalStore crashing = new JournalStore(directory, java.time.Clock.systemUTC(), disk);
      boolean crashed = false;
      try {
        crashing.compact(runId);
      } catch (StoreException e) {
        crashed = true;
        assertThat(e).hasMessageContaining("crash");
      }
      assertThat(contents(store, runId)).isEqualTo(before);
      assertThat(store.verify(runId).isIntact()).isTrue();
      StoredRuns.save(store, runId, record("b", "later"));
      assertThat(contents(store, runId)).containsAllEntriesOf(before).hasSize(3);
      assertThat(directory.resolve(runId).toFile().list())
          .containsExactlyInAnyOrder(".lock", "journal", "outputs");
      store.compact(runId);
      assertThat(directory.resolve(runId + "/outputs").toFile().list()).hasSize(1);
      if (!crashed) {
        assertThat(crashAt).isGreaterThan(6);
        return;
      }
    }
  }

  /** From the n-th change on, nothing is changed any more. */
  private static final class CrashingDisk extends Disk {
    private int left;

    CrashingDisk(int left) {
      this.left = left;
    }

    private void change() throws IOException {
      if (left-- <= 0) {
        throw new IOException("crash");
      }
    }

    @Override
    DiskFile open(Path file) throws IOException {
      change();
      return new DiskFile(file) {
        @Override
        synchronized void write(long position, byte[] bytes, int offset, int length)
            throws IOException {
          change();
          super.write(position, bytes, offset, length);
        }

        @Override
        void force() throws IOException {
          change();
          super.force();
        }
      };
    }

    @Override
    void move(Path from, Path to) throws IOException {
      change();
      super.move(from, to);
    }

    @Override
    void delete(Path file) throws IOException {
      change();
      super.delete(file);
    }

    @Override
    void sync(Path directory) throws IOException {
      change();
      super.sync(directory);
    }
  }
}
