package dev.duraflow.store;

import static dev.duraflow.store.Samples.record;
import static dev.duraflow.store.Samples.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Directories that cannot be used. What a real full or read-only disk does is tried where the tests may mount one; that any
 * change may fail is tried everywhere by {@link FileStoreCrashTest}.
 */
final class FileStoreBadPlaceTest {
  @TempDir
  Path temp;

  @Test
  void at_directoryThatIsAFile_saysSo() throws IOException {
    Path file = Files.createFile(temp.resolve("file"));
    for (Path place : List.of(file, file.resolve("below"))) {
      assertThatThrownBy(() -> FileStore.at(place))
          .isInstanceOf(StoreException.class)
          .hasMessageContainingAll(file.toString(), "name a directory");
    }
    assertThatThrownBy(() -> FileStore.at(file)).hasMessageContaining("is a file, not a directory");
  }

  @Test
  void open_runThatIsAFile_saysSo() throws IOException {
    Files.createFile(temp.resolve("nightly"));
    assertThatThrownBy(() -> FileStore.at(temp).open("nightly"))
        .isInstanceOf(StoreException.class)
        .hasMessageContainingAll("'nightly'", temp.resolve("nightly").toString(), "is a file");
  }

  @Test
  void directoryVanishes_savesAndFindsFail() throws IOException {
    Path place = temp.resolve("place");
    try (OpenRun run = FileStore.at(place).open("nightly")) {
      run.save(record("a", "1"));
      delete(place);
      assertThatThrownBy(() -> run.save(record("b", "1")))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(place.resolve("nightly/b").toString());
      assertThat(run.find("b")).isEmpty();
      assertThatThrownBy(() -> run.find("a"))
          .isInstanceOf(CorruptRecordException.class)
          .hasMessageContainingAll("'a'", "it is gone");
    }
  }

  @Test
  void fullDisk_saveFailsAndLosesNothing() throws IOException {
    try (Mount disk = Mount.tmpfs(temp, "256k")) {
      try (OpenRun run = FileStore.at(disk.path).open("nightly")) {
        run.save(record("a", "1"));
        assertThatThrownBy(() -> run.save(record("a", "2".repeat(400_000))))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining(disk.path.resolve("nightly/a") + ": No space left on device");
        assertThat(text(run.find("a").orElseThrow())).isEqualTo("1");
        run.save(record("a", "3"));
        assertThat(text(run.find("a").orElseThrow())).isEqualTo("3");
      }
    }
  }

  @Test
  void readOnlyDisk_isRefusedAtTheDoor() throws IOException {
    try (Mount disk = Mount.tmpfs(temp, "256k")) {
      FileStore.at(disk.path).open("nightly").close();
      disk.makeReadOnly();
      assertThatThrownBy(() -> FileStore.at(disk.path).open("nightly"))
          .isInstanceOf(StoreException.class)
          .hasMessageContainingAll(
              "'nightly'", disk.path.toString(), "Read-only file system", "can be written");
      assertThatThrownBy(() -> FileStore.at(disk.path.resolve("below")))
          .isInstanceOf(StoreException.class)
          .hasMessageContainingAll("Read-only file system", "name a directory");
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }

  /** A small disk of its own, where that is allowed. */
  private static final class Mount implements AutoCloseable {
    final Path path;

    private Mount(Path path) {
      this.path = path;
    }

    static Mount tmpfs(Path temp, String size) throws IOException {
      assumeTrue(System.getProperty("os.name").equals("Linux"), "only Linux has tmpfs");
      Path path = Files.createDirectory(temp.resolve("mount"));
      assumeTrue(
          done("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", path.toString()),
          "mounting takes more rights");
      return new Mount(path);
    }

    void makeReadOnly() {
      assertThat(done("mount", "-o", "remount,ro", path.toString())).isTrue();
    }

    @Override
    public void close() {
      done("umount", path.toString());
    }

    private static boolean done(String... command) {
      try {
        Process process = new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
        return process.onExit().orTimeout(20, TimeUnit.SECONDS).join().exitValue() == 0;
      } catch (IOException e) {
        return false; // no such program
      }
    }
  }
}
