package dev.duraflow.store;

import static dev.duraflow.store.Samples.record;
import static dev.duraflow.store.Samples.store;
import static dev.duraflow.store.Samples.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileStoreTest {
  @TempDir
  Path temp;

  @Test
  void save_plainKey_isAFileOfThePayloadAlone() throws IOException {
    try (OpenRun run = FileStore.at(temp).open("nightly")) {
      run.save(record("load-5", "5"));
    }
    assertThat(temp.resolve("nightly/load-5")).hasContent("5");
    assertThat(filesIn(temp.resolve("nightly"))).containsExactly(".lock", ".records", "load-5");
    assertThat(filesIn(temp.resolve("nightly/.records"))).containsExactly("load-5");
  }

  @Test
  void save_keepsNanoseconds() throws IOException {
    try (OpenRun run = FileStore.at(temp).open("run")) {
      run.save(record("a", "1"));
      assertThat(run.find("a").orElseThrow().startedAt()).isEqualTo(Samples.STARTED);
    }
  }

  @Test
  void open_directoryOfAnotherProgram_isReadAndContinued() throws IOException {
    Path state = Files.createDirectory(temp.resolve("state"));
    Files.writeString(state.resolve("load-5"), "5");
    Files.writeString(state.resolve("Names_1"), "[\"a\",\"b\"]");
    Files.writeString(state.resolve("con"), "null");
    Files.writeString(state.resolve("notes.txt"), "none of ours");
    FileTime written = FileTime.from(Samples.STARTED);
    Files.setLastModifiedTime(state.resolve("load-5"), written);
    try (OpenRun run = FileStore.at(temp).open("state")) {
      TaskRecord found = run.find("load-5").orElseThrow();
      assertThat(text(found)).isEqualTo("5");
      assertThat(found.type()).isNull();
      assertThat(found.codec()).isEqualTo("json");
      assertThat(found.kind()).isEqualTo(TaskRecord.Kind.OUTPUT);
      assertThat(found.attempt()).isEqualTo(1);
      assertThat(found.startedAt()).isEqualTo(written.toInstant()).isEqualTo(found.finishedAt());
      assertThat(text(run.find("con").orElseThrow())).isEqualTo("null");
      assertThat(run.find("notes.txt")).isEmpty();
      run.save(record("load-6", "6"));
    }
    try (OpenRun run = FileStore.at(temp).open("state")) {
      assertThat(text(run.find("Names_1").orElseThrow())).isEqualTo("[\"a\",\"b\"]");
      assertThat(text(run.find("load-6").orElseThrow())).isEqualTo("6");
    }
    assertThat(state.resolve("notes.txt")).hasContent("none of ours");
  }

  @Test
  void save_recordOfAnotherProgram_isReplaced() throws IOException {
    Files.createDirectory(temp.resolve("run"));
    Files.writeString(temp.resolve("run/a"), "1");
    try (OpenRun run = FileStore.at(temp).open("run")) {
      run.save(record("a", "22", 2));
      assertThat(text(run.find("a").orElseThrow())).isEqualTo("22");
      assertThat(run.find("a").orElseThrow().attempt()).isEqualTo(2);
    }
  }

  @Test
  void save_namesThatDifferInCase_differInMore() throws IOException {
    try (OpenRun run = FileStore.at(temp).open("run")) {
      run.save(record("Load", "1"));
      run.save(record("load", "2"));
    }
    try (OpenRun run = FileStore.at(temp).open("run")) {
      assertThat(text(run.find("Load").orElseThrow())).isEqualTo("1");
      assertThat(text(run.find("load").orElseThrow())).isEqualTo("2");
      assertThat(run.find("LOAD")).isEmpty();
    }
    assertThat(filesIn(temp.resolve("run"))).contains("Load", "%6C%6F%61%64");
  }

  @Test
  void open_runsThatDifferInCase_areDifferentDirectories() {
    Store store = FileStore.at(temp);
    try (OpenRun one = store.open("Run");
        OpenRun other = store.open("run")) {
      one.save(record("a", "1"));
      assertThat(other.find("a")).isEmpty();
    }
    assertThat(temp.resolve("Run")).isDirectory();
    assertThat(temp.resolve("%72%75%6E")).isDirectory();
  }

  @Test
  void save_withAnInterruptPending_isNotBroken() throws IOException {
    Thread.currentThread().interrupt();
    try (OpenRun run = FileStore.at(temp).open("run")) {
      run.save(record("a", "1"));
      assertThat(text(run.find("a").orElseThrow())).isEqualTo("1");
      try (InputStream in = run.find("a").orElseThrow().payload().open()) {
        assertThat(in.readAllBytes()).isEqualTo("1".getBytes(UTF_8));
      }
    } finally {
      assertThat(Thread.interrupted()).as("the interrupt is still pending").isTrue();
    }
  }

  @Test
  void save_whileInterruptsRain_isNotBroken() throws Exception {
    Thread saver = Thread.currentThread();
    AtomicBoolean done = new AtomicBoolean();
    Thread rain = new Thread(() -> {
      while (!done.get()) {
        saver.interrupt();
        Thread.onSpinWait();
      }
    });
    try (OpenRun run = FileStore.at(temp).open("run")) {
      rain.start();
      for (int i = 0; i < 20; i++) {
        run.save(record("task-" + i, "" + i));
        assertThat(text(run.find("task-" + i).orElseThrow())).isEqualTo("" + i);
      }
    } finally {
      done.set(true);
      while (rain.isAlive()) {
        Thread.onSpinWait();
      }
      Thread.interrupted();
    }
  }

  @Test
  void payload_replacedAfterItWasFound_saysSo() throws IOException {
    try (OpenRun run = FileStore.at(temp).open("run")) {
      run.save(record("a", "1"));
      Payload found = run.find("a").orElseThrow().payload();
      run.save(record("a", "2"));
      assertThatThrownBy(found::bytes)
          .isExactlyInstanceOf(StoreException.class)
          .hasMessageContainingAll("'a'", "'run'", "replaced", "find it again");
    }
  }

  @Test
  void open_afterACrash_removesWhatWasLeft() throws IOException {
    try (OpenRun run = FileStore.at(temp).open("run")) {
      run.save(record("a", "1"));
    }
    Path sidecars = temp.resolve("run/.records");
    for (String left : new String[] {"b.payload", "b.tmp", "b.next", "b"}) {
      Files.writeString(sidecars.resolve(left), "...");
    }
    Files.writeString(sidecars.resolve("notes.txt"), "none of ours");
    try (OpenRun run = FileStore.at(temp).open("run")) {
      assertThat(run.find("b")).isEmpty();
    }
    assertThat(filesIn(sidecars)).containsExactly("a", "notes.txt");
  }

  @Test
  void open_manyRecords_readsNoPayload() throws IOException {
    try (OpenRun run = store(temp, new UnsyncedDisk()).open("run")) {
      for (int i = 0; i < 1_000; i++) {
        run.save(record("task[" + i + "]", "1"));
      }
    }
    for (int i = 0; i < 1_000; i++) {
      Files.writeString(temp.resolve("run/task%5B" + i + "%5D"), "2");
    }
    try (OpenRun run = FileStore.at(temp).open("run")) {
      for (int i = 0; i < 1_000; i++) {
        assertThat(run.find("task[" + i + "]")).isPresent();
      }
    }
  }

  @Test
  void open_pathOfAnotherFileSystem_isRefused() throws IOException {
    Path zip = temp.resolve("a.zip");
    try (var fileSystem = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      assertThatThrownBy(() -> FileStore.at(fileSystem.getPath("/runs")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("default file system");
    }
  }

  private static List<String> filesIn(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
