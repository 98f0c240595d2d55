package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskFileTest {
  @TempDir
  Path directory;

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  @Test
  void write_atPositions_isReadAtPositions() throws IOException {
    Path path = directory.resolve("file");
    try (DiskFile file = new DiskFile(path)) {
      assertThat(file.size()).isZero();
      file.write(3, ascii("xdefx"), 1, 3);
      file.write(0, ascii("abc"), 0, 3);
      file.force();
      assertThat(file.size()).isEqualTo(6);
      byte[] into = new byte[8];
      assertThat(file.read(1, into, 2, 3)).isEqualTo(3);
      assertThat(into).isEqualTo(ascii("\0\0bcd\0\0\0"));
      assertThat(file.read(4, into, 0, 8)).isEqualTo(2);
      assertThat(file.read(6, into, 0, 8)).isZero();
      assertThat(file.read(99, into, 0, 8)).isZero();
      file.truncate(2);
      assertThat(file.size()).isEqualTo(2);
      file.truncate(4);
    }
    assertThat(Files.readAllBytes(path)).isEqualTo(ascii("ab\0\0"));
  }

  @Test
  void interrupt_neitherBreaksAnythingNorIsLost() throws IOException {
    try (DiskFile file = new DiskFile(directory.resolve("file"))) {
      for (int i = 0; i < 100; i++) {
        Thread.currentThread().interrupt();
        file.write(i, new byte[] {(byte) i}, 0, 1);
        file.force();
        assertThat(file.read(i, new byte[1], 0, 1)).isEqualTo(1);
        assertThat(file.size()).isEqualTo(i + 1);
        assertThat(Thread.interrupted()).isTrue();
      }
      Thread.currentThread().interrupt();
      file.truncate(50);
      file.endWriting();
      assertThat(file.size()).isEqualTo(50);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void endWriting_leavesItReadable() throws IOException {
    try (DiskFile file = new DiskFile(directory.resolve("file"))) {
      file.write(0, ascii("abc"), 0, 3);
      file.endWriting();
      file.endWriting();
      assertThat(file.read(0, new byte[3], 0, 3)).isEqualTo(3);
      assertThatThrownBy(file::force).isInstanceOf(IOException.class);
    }
  }

  @Test
  void open_whereNothingCanBe_fails() {
    assertThatThrownBy(() -> new DiskFile(directory.resolve("missing/file")))
        .isInstanceOf(FileNotFoundException.class);
    assertThatThrownBy(() -> new DiskFile(directory)).isInstanceOf(FileNotFoundException.class);
  }
}
