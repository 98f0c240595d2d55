package dev.duraflow.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.function.IntPredicate;

/** A disk on which some of the changes fail as on a full one, by their numbers from 1. A write that fails leaves a part. */
final class FailingDisk extends UnsyncedDisk {
  private final IntPredicate fails;
  private int changes;

  FailingDisk(IntPredicate fails) {
    this.fails = fails;
  }

  private void change() throws IOException {
    if (fails.test(++changes)) {
      throw new IOException("No space left on device");
    }
  }

  /** How many changes there were. */
  int changes() {
    return changes;
  }

  @Override
  Checksum write(Path file, InputStream content) throws IOException {
    byte[] bytes = content.readAllBytes();
    try {
      change();
    } catch (IOException e) {
      super.write(file, new ByteArrayInputStream(bytes, 0, bytes.length / 2));
      throw e;
    }
    return super.write(file, new ByteArrayInputStream(bytes));
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
  }
}
