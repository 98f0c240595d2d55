package dev.duraflow.store;

import static dev.duraflow.store.Journals.record;
import static dev.duraflow.store.Journals.save;
import static dev.duraflow.store.Journals.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A small disk, filled for real; only where this process may mount one. */
final class FullDiskTest {
  private static final int SIDE_FILE_THRESHOLD = 100_000;

  @TempDir
  Path temp;

  private boolean isMounted;

  private Path mount(String kind) throws Exception {
    Assumptions.assumeTrue(System.getProperty("os.name").equals("Linux"));
    Path mountPoint = Files.createDirectory(temp.resolve("disk"));
    if (kind.equals("tmpfs")) {
      isMounted = run("mount", "-t", "tmpfs", "-o", "size=2m", "none", mountPoint.toString());
    } else {
      Path image = temp.resolve("image");
      isMounted = run("truncate", "-s", "4m", image.toString())
          && run("mkfs.ext4", "-q", "-F", image.toString())
          && run("mount", "-o", "loop", image.toString(), mountPoint.toString());
    }
    Assumptions.assumeTrue(isMounted, "a disk of its own cannot be mounted here");
    return mountPoint;
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @AfterEach
  void unmount() throws InterruptedException {
    if (isMounted) {
      Path mountPoint = temp.resolve("disk");
      assertThat(run("umount", mountPoint.toString()) || run("umount", "-l", mountPoint.toString()))
          .isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"tmpfs, 10", "tmpfs, 5000", "tmpfs, 200000", "ext4, 10", "ext4, 5000", "ext4, 200000"
  })
  void fullDisk_losesNothingAcknowledgedAndGoesOnWhenThereIsRoom(String kind, int size)
      throws Exception {
    Path disk = mount(kind);
    Path ballast = Files.write(disk.resolve("ballast"), new byte[200_000]);
    List<String> saved = new ArrayList<>();
    try (OpenRun run = Journals.store(disk, new Disk(), SIDE_FILE_THRESHOLD).open("run")) {
      StoreException failure = null;
      while (failure == null) {
        String id = "task-" + saved.size();
        try {
          save(run, record(id, payload(id, size)));
          saved.add(id);
        } catch (StoreException e) {
          failure = e;
        }
        if (size == 10 && saved.size() == 1_000) { // enough of these: something else takes the rest
          fill(disk);
        }
      }
      assertThat(failure)
          .hasMessageContaining("run 'run'")
          .hasMessageContaining("No space left on device");
      checkAll(run, saved, size);
    }
    try (OpenRun again = Journals.store(disk, new Disk(), SIDE_FILE_THRESHOLD).open("run")) {
      checkAll(again, saved, size);
    } catch (StoreException e) { // the disk is still full
      assertThat(e).hasMessageContaining("No space left on device");
    }
    Files.delete(ballast);
    try (OpenRun again = Journals.store(disk, new Disk(), SIDE_FILE_THRESHOLD).open("run")) {
      checkAll(again, saved, size);
      save(again, record("now", "there is room"));
      assertThat(text(again, "now")).contains("there is room");
    }
  }

  private static void fill(Path disk) throws IOException {
    try (var out = Files.newOutputStream(disk.resolve("filler"))) {
      while (true) {
        out.write(new byte[1_000]);
      }
    } catch (IOException full) {
      // as was to be
    }
  }

  private static String payload(String id, int size) {
    return (id + ";").repeat(size / 7 + 1);
  }

  private static void checkAll(OpenRun run, List<String> saved, int size) {
    assertThat(saved).isNotEmpty();
    for (String id : saved) {
      assertThat(text(run, id)).contains(payload(id, size));
    }
  }
}
