package dev.duraflow.store;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** A file in memory, for tests that need many. */
final class MemoryFile extends DiskFile {
  private byte[] bytes;
  private int size;

  /** @param anyFile a file that may be opened and is not touched */
  MemoryFile(Path anyFile, byte[] content) throws IOException {
    super(anyFile);
    super.close();
    this.bytes = content.clone();
    this.size = content.length;
  }

  synchronized byte[] content() {
    return Arrays.copyOf(bytes, size);
  }

  @Override
  synchronized void write(long position, byte[] from, int offset, int length) {
    int end = Math.toIntExact(position + length);
    if (end > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
    }
    System.arraycopy(from, offset, bytes, (int) position, length);
    size = Math.max(size, end);
  }

  @Override
  void force() {}

  @Override
  void endWriting() {}

  @Override
  public void close() {}

  @Override
  synchronized int read(long position, byte[] into, int offset, int length) {
    int read = (int) Math.max(0, Math.min(length, size - position));
    System.arraycopy(bytes, (int) Math.min(position, size), into, offset, read);
    return read;
  }

  @Override
  synchronized long size() {
    return size;
  }

  @Override
  synchronized void truncate(long to) {
    int end = Math.toIntExact(to);
    bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length));
    if (end < size) {
      Arrays.fill(bytes, end, size, (byte) 0);
    }
    size = end;
  }
}
