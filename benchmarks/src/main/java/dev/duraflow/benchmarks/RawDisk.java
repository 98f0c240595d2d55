package dev.duraflow.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The limit of everything that syncs: small writes into space that the file has already, each followed by an fdatasync. */
final class RawDisk {
  static final String NAME = "one write + fdatasync each";
  private static final int WRITE_SIZE = 64;

  private RawDisk() {}

  static double nanosPerWrite(Path directory, int writes) throws IOException {
    try (FileChannel file = FileChannel.open(
        directory.resolve("raw"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocateDirect(WRITE_SIZE);
      for (int i = 0; i < writes; i++) {
        write(file, bytes, i);
      }
      file.force(true);
      long start = System.nanoTime();
      for (int i = 0; i < writes; i++) {
        write(file, bytes, i);
        file.force(false);
      }
      return (double) (System.nanoTime() - start) / writes;
    }
  }

  private static void write(FileChannel file, ByteBuffer bytes, long number) throws IOException {
    bytes.clear();
    while (bytes.hasRemaining()) {
      file.write(bytes, number * WRITE_SIZE + bytes.position());
    }
  }
}
