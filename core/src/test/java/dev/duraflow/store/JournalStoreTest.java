package dev.duraflow.store;

import static dev.duraflow.store.Journals.journal;
import static dev.duraflow.store.Journals.record;
import static dev.duraflow.store.Journals.save;
import static dev.duraflow.store.Journals.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class JournalStoreTest {
  @TempDir
  Path root;

  private OpenRun open() {
    return open(Durability.STRICT);
  }

  private OpenRun open(Durability durability) {
    return JournalStore.at(root).open("run", durability);
  }

  /** Ends a run as a crash does, with what was being written at the end. */
  private void append(byte[] tail) throws IOException {
    Files.write(journal(root, "run"), tail, java.nio.file.StandardOpenOption.APPEND);
  }

  @ParameterizedTest
  @EnumSource
  void find_afterClosingAndOpening_isWhatWasSaved(Durability durability) throws Exception {
    TaskRecord untyped = new TaskRecord(
        "b",
        TaskRecord.Kind.KEYS,
        null,
        "other",
        Integer.MAX_VALUE,
        Journals.STARTED,
        Journals.STARTED,
        Payload.of(new byte[0]));
    try (OpenRun run = open(durability)) {
      run.save(record("a", "1")).toCompletableFuture().get();
      save(run, untyped);
      save(run, record("a", "2"));
    }
    try (OpenRun run = open(durability)) {
      assertThat(text(run, "a")).contains("2");
      TaskRecord found = run.find("b").orElseThrow();
      assertThat(found).usingRecursiveComparison().ignoringFields("payload").isEqualTo(untyped);
      assertThat(found.payload().size()).isZero();
      assertThat(run.find("c")).isEmpty();
    }
  }

  @Test
  void open_ofARunThatIsKeptInFiles_isRefusedAndLeavesThem() throws IOException {
    Files.createDirectories(root.resolve("run"));
    Files.writeString(root.resolve("run").resolve("load-5"), "5"); // as duraflow-rs does
    for (int time = 0; time < 2; time++) {
      assertThatThrownBy(this::open)
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("kept in files, such as 'load-5'")
          .hasMessageContaining("Store.files");
    }
    try (OpenRun run = Store.files(root).open("run")) {
      assertThat(text(run, "load-5")).contains("5");
    }
  }

  @Test
  void open_asFiles_ofARunThatIsKeptInAJournal_isRefused() {
    try (OpenRun run = open()) {
      save(run, record("a", "1"));
    }
    assertThatThrownBy(() -> Store.files(root).open("run"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("kept in a journal")
        .hasMessageContaining("Store.journal");
    try (OpenRun run = open()) {
      assertThat(text(run, "a")).contains("1");
    }
  }

  /** The scan kept zeros in memory that it had read before records came in their place. */
  @Test
  void find_afterRecoveringFromACrash_seesWhatIsSavedSince() throws IOException {
    try (OpenRun run = open()) {
      save(run, record("before", "1"));
    }
    append(new byte[100_000]);
    try (OpenRun run = open()) {
      assertThat(text(run, "before")).contains("1");
      save(run, record("since", "2"));
      assertThat(text(run, "since")).contains("2");
    }
  }

  /** Writer and index shared one list of shapes, and both added to it. */
  @Test
  void open_ofARunThatWasLookedIntoBetweenShapes_findsAll() {
    try (OpenRun run = open()) {
      for (int attempt = 1; attempt < 5; attempt++) {
        save(run, record("task-" + attempt, attempt, new byte[attempt]));
        assertThat(run.find("task-" + attempt)).isPresent();
      }
    }
    try (OpenRun run = open()) {
      for (int attempt = 1; attempt < 5; attempt++) {
        assertThat(run.find("task-" + attempt).orElseThrow().attempt()).isEqualTo(attempt);
      }
    }
  }

  @Test
  void find_ofWhatWasDamagedSinceItWasSaved_saysSo() throws IOException {
    try (OpenRun run = open()) {
      save(run, record("a", "1"));
      save(run, record("b", "2"));
      flip(journal(root, "run"), lastWritten(journal(root, "run")));
      assertThatThrownBy(() -> run.find("b"))
          .isInstanceOf(CorruptRecordException.class)
          .hasMessageContaining("'run'")
          .hasMessageContaining(journal(root, "run").toString())
          .hasMessageContaining("restore");
    }
  }

  @Test
  void payload_thatWasDamagedSinceItWasFound_saysSo() throws IOException {
    try (OpenRun run = open()) {
      save(run, record("a", "here I am"));
      TaskRecord found = run.find("a").orElseThrow();
      byte[] file = Files.readAllBytes(journal(root, "run"));
      flip(
          journal(root, "run"),
          new String(file, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("here"));
      assertThatThrownBy(() -> found.payload().bytes())
          .isInstanceOf(CorruptRecordException.class)
          .hasMessageContaining("task 'a'")
          .hasMessageContaining("run 'run'");
    }
  }

  private static long lastWritten(Path journal) throws IOException {
    byte[] bytes = Files.readAllBytes(journal);
    int last = bytes.length - 1;
    while (bytes[last] == 0) {
      last--;
    }
    return last;
  }

  static void flip(Path file, long at) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(at);
      int b = open.read();
      open.seek(at);
      open.write(b ^ 0x10);
    }
  }

  /** All savers of a batch had one future in their hands. */
  @Test
  void save_oneSaversTimeLimit_doesNotFailTheOthers() throws Exception {
    try (OpenRun run = open()) {
      List<CompletableFuture<Void>> saved = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        CompletableFuture<Void> one = run.save(record("a" + i, "1")).toCompletableFuture();
        one.completeExceptionally(new IllegalStateException("I cannot wait"));
        saved.add(run.save(record("b" + i, "1")).toCompletableFuture());
      }
      CompletableFuture.allOf(saved.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
    }
  }

  /** A record that could not be put into a batch left half a frame there, and nobody to commit it. */
  @Test
  void save_ofARecordThatCannotBeWritten_leavesTheOthersAlone() throws Exception {
    try (OpenRun run = open()) {
      TaskRecord good = record("a", "1");
      for (TaskRecord bad : List.of(
          new TaskRecord(
              "x", null, "t", "json", 1, good.startedAt(), good.finishedAt(), good.payload()),
          new TaskRecord(
              "x", good.kind(), "t", null, 1, good.startedAt(), good.finishedAt(), good.payload()),
          new TaskRecord(
              "x", good.kind(), "t", "json", 1, null, good.finishedAt(), good.payload()))) {
        assertThatThrownBy(() -> run.save(bad)).isInstanceOf(RuntimeException.class);
        run.save(good).toCompletableFuture().get(10, TimeUnit.SECONDS);
      }
    }
    try (OpenRun run = open()) {
      assertThat(text(run, "a")).contains("1");
      assertThat(run.find("x")).isEmpty();
    }
  }

  @Test
  void open_ofAnIdLongerThanAnyHeader_isRefused() {
    assertThatThrownBy(() -> JournalStore.at(root).open("x".repeat(50_000)))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("use a shorter id");
  }

  @Test
  void close_leavesNoFileOpenForWriting() throws IOException {
    Path open = Path.of("/proc/self/fd");
    Assumptions.assumeTrue(Files.isDirectory(open));
    List<OpenRun> runs = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      try (OpenRun run = JournalStore.at(root).open("run-" + i)) {
        save(run, record("a", "1"));
        runs.add(run);
      }
    }
    try (Stream<Path> handles = Files.list(open)) {
      assertThat(handles.filter(handle -> isBelow(handle, root)).count()).isLessThanOrEqualTo(50);
    }
    assertThat(text(runs.get(7), "a")).contains("1");
  }

  private static boolean isBelow(Path handle, Path root) {
    try {
      return Files.readSymbolicLink(handle).startsWith(root);
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void close_endsTheCommitter() throws Exception {
    Set<Thread> before = Journals.committers();
    for (int i = 0; i < 20; i++) {
      try (OpenRun run = open()) {
        run.save(record("a", "1"));
      }
    }
    for (int look = 0; !before.containsAll(Journals.committers()); look++) {
      assertThat(look).isLessThan(1000);
      Thread.sleep(5);
    }
  }

  @Test
  void close_givesBackWhatWasReserved() throws IOException {
    try (OpenRun run = open()) {
      save(run, record("a", "1"));
      assertThat(Files.size(journal(root, "run"))).isGreaterThan(60_000);
    }
    assertThat(Files.size(journal(root, "run"))).isLessThan(300);
    for (int i = 0; i < 3; i++) {
      long size = Files.size(journal(root, "run"));
      open().close();
      assertThat(Files.size(journal(root, "run"))).isEqualTo(size);
    }
  }
}
