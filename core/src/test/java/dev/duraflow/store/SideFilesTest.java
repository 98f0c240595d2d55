package dev.duraflow.store;

import static dev.duraflow.store.Journals.record;
import static dev.duraflow.store.Journals.save;
import static dev.duraflow.store.Journals.text;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SideFilesTest {
  private static final int THRESHOLD = 100;

  @TempDir
  Path root;

  private Path outputs;
  private JournalStore store;

  @BeforeEach
  void open() {
    outputs = root.resolve("run").resolve("outputs");
    store = Journals.store(root, new Disk(), THRESHOLD);
  }

  private List<Path> files() throws IOException {
    if (!Files.exists(outputs)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(outputs)) {
      return files.toList();
    }
  }

  private static Payload written(OpenRun run, int size, int chunk) throws IOException {
    try (PayloadSink sink = run.sink()) {
      byte[] bytes = "x".repeat(size).getBytes(US_ASCII);
      for (int at = 0; at < size; at += chunk) {
        sink.write(bytes, at, Math.min(chunk, size - at));
      }
      return sink.finish();
    }
  }

  @Test
  void payload_isInAFile_fromTheThresholdOn() throws IOException {
    try (OpenRun run = store.open("run")) {
      for (int chunk : new int[] {1, 7, 1_000}) {
        save(run, record("a", "x".repeat(THRESHOLD - 1)));
        assertThat(written(run, THRESHOLD - 1, chunk).size()).isEqualTo(THRESHOLD - 1);
      }
      assertThat(files()).isEmpty();
      save(run, record("b", "x".repeat(THRESHOLD)));
      assertThat(files()).hasSize(1);
      assertThat(run.find("b").orElseThrow().payload().size()).isEqualTo(THRESHOLD);
      assertThat(text(run, "b")).contains("x".repeat(THRESHOLD));
    }
    try (OpenRun run = store.open("run")) {
      assertThat(text(run, "a")).contains("x".repeat(THRESHOLD - 1));
      assertThat(text(run, "b")).contains("x".repeat(THRESHOLD));
    }
  }

  @Test
  void sink_inAnyPieces_makesTheSamePayload() throws IOException {
    try (OpenRun run = store.open("run")) {
      for (int chunk : new int[] {1, 7, 99, 100, 101, 5_000}) {
        Payload payload = written(run, 5_000, chunk);
        assertThat(payload.size()).isEqualTo(5_000);
        assertThat(payload.bytes()).isEqualTo("x".repeat(5_000).getBytes(US_ASCII));
      }
      assertThat(files()).hasSize(1);
    }
  }

  @Test
  void sink_closedBeforeItsEnd_leavesNothing() throws IOException {
    try (OpenRun run = store.open("run")) {
      try (PayloadSink sink = run.sink()) {
        sink.write(new byte[1_000]);
        assertThat(files()).hasSize(1);
      }
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void open_collectsWhatNoRecordNames() throws IOException {
    try (OpenRun run = store.open("run")) {
      save(run, record("a", "kept ".repeat(100)));
      save(run, record("b", "replaced ".repeat(100)));
      save(run, record("b", "replacing ".repeat(100)));
      written(run, 3_000, 100); // and never saved
      Files.write(outputs.resolve("17.part"), new byte[10]);
      assertThat(files()).hasSize(5);
    }
    try (OpenRun run = store.open("run")) {
      assertThat(files()).hasSize(3);
      assertThat(text(run, "a")).contains("kept ".repeat(100));
      assertThat(text(run, "b")).contains("replacing ".repeat(100));
    }
  }

  @Test
  void read_ofADamagedFile_saysSoHoweverItIsRead() throws IOException {
    try (OpenRun run = store.open("run")) {
      save(run, record("a", "intact ".repeat(100)));
      Path file = files().get(0);
      byte[] intact = Files.readAllBytes(file);
      List<byte[]> damaged = new ArrayList<>();
      damaged.add("Intact ".concat("intact ".repeat(99)).getBytes(US_ASCII));
      damaged.add("intact ".repeat(99).getBytes(US_ASCII));
      damaged.add("intact ".repeat(101).getBytes(US_ASCII));
      damaged.add(new byte[0]);
      Payload payload = run.find("a").orElseThrow().payload();
      for (byte[] bytes : damaged) {
        Files.write(file, bytes);
        assertDamaged(payload::bytes, file);
        assertDamaged(() -> payload.open().close(), file);
        assertDamaged(() -> payload.open().transferTo(OutputStream.nullOutputStream()), file);
        assertDamaged(
            () -> {
              try (InputStream in = payload.open()) {
                in.read();
              }
            },
            file);
      }
      Files.delete(file);
      assertDamaged(payload::bytes, file);
      Files.write(file, intact);
      assertThat(payload.bytes()).isEqualTo(intact);
    }
  }

  private interface Reading {
    void read() throws IOException;
  }

  private static void assertDamaged(Reading reading, Path file) {
    assertThatThrownBy(reading::read)
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContaining("task 'a'")
        .hasMessageContaining("run 'run'")
        .hasMessageContaining(file.toString())
        .hasMessageContaining("another run id");
  }

  /** What was skipped, or read twice, made the hash another one. */
  @Test
  void read_withSkips_isNotTakenForDamage() throws IOException {
    try (OpenRun run = store.open("run")) {
      save(run, record("a", "0123456789".repeat(30_000)));
      Payload payload = run.find("a").orElseThrow().payload();
      try (InputStream in = payload.open()) {
        assertThat(in.skip(0)).isZero();
        assertThat(in.skip(-5)).isZero();
        assertThat(in.markSupported()).isFalse();
        in.mark(100);
        in.skipNBytes(200_003);
        assertThat(in.read()).isEqualTo('3');
        assertThat(in.skip(1_000_000)).isPositive();
        in.transferTo(OutputStream.nullOutputStream());
        assertThat(in.skip(1)).isZero();
      }
    }
  }

  /** A damaged file of the same name was taken for the content. */
  @Test
  void save_ofWhatADamagedFileHeld_healsIt() throws IOException {
    try (OpenRun run = store.open("run")) {
      save(run, record("a", "content ".repeat(100)));
      Files.write(files().get(0), new byte[7]);
      save(run, record("b", "content ".repeat(100)));
      assertThat(text(run, "a")).contains("content ".repeat(100));
      assertThat(text(run, "b")).contains("content ".repeat(100));
      assertThat(files()).hasSize(1);
    }
  }

  @Test
  void save_ofOneContentByManyThreads_isOneFile() throws Exception {
    try (OpenRun run = store.open("run")) {
      List<CompletableFuture<Void>> savers = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int thread = t;
        savers.add(CompletableFuture.runAsync(() -> {
          for (int i = 0; i < 10; i++) {
            save(run, record("task-" + thread, "content ".repeat(100 + i)));
            assertThat(text(run, "task-" + thread)).contains("content ".repeat(100 + i));
          }
        }));
      }
      for (CompletableFuture<Void> saver : savers) {
        saver.get();
      }
      assertThat(files()).hasSize(10);
    }
  }

  /** The names were synced by who came first, if at all, and the second did not wait. */
  @Test
  void save_ofContentWhoseNameIsNotSyncedYet_syncsIt() throws IOException {
    List<String> changes = new ArrayList<>();
    Disk disk = new Disk() {
      private boolean failed;

      @Override
      void sync(Path directory) throws IOException {
        if (directory.equals(outputs) && !failed) {
          failed = true;
          throw new IOException("no such luck");
        }
        changes.add("sync " + directory.getFileName());
        super.sync(directory);
      }
    };
    try (OpenRun run = Journals.store(root, disk, THRESHOLD).open("run")) {
      assertThatThrownBy(() -> save(run, record("a", "content ".repeat(100))))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("task 'a'")
          .hasMessageContaining("no such luck");
      changes.clear();
      save(run, record("b", "content ".repeat(100)));
      assertThat(changes).contains("sync outputs", "sync run");
    }
  }

  /** A codec that goes on after an exception made a payload with a hole in it. */
  @Test
  void sink_thatFailedOnce_neverFinishes() throws IOException {
    Disk disk = new Disk() {
      private boolean failed;

      @Override
      OutputStream create(Path file) throws IOException {
        if (!failed) {
          failed = true;
          throw new IOException("full for a moment");
        }
        return super.create(file);
      }
    };
    try (OpenRun run = Journals.store(root, disk, THRESHOLD).open("run");
        PayloadSink sink = run.sink()) {
      assertThatThrownBy(() -> sink.write(new byte[1_000])).isInstanceOf(StoreException.class);
      assertThatThrownBy(() -> sink.write(new byte[1_000])).isInstanceOf(StoreException.class);
      assertThatThrownBy(sink::finish)
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("full for a moment");
    }
  }

  @Test
  void payload_ofAnotherRun_isCopied() throws IOException {
    try (OpenRun from = store.open("run");
        OpenRun to = store.open("other")) {
      save(from, record("a", "content ".repeat(100)));
      TaskRecord found = from.find("a").orElseThrow();
      save(to, found);
      Files.delete(files().get(0));
      assertThat(text(to, "a")).contains("content ".repeat(100));
    }
  }
}
