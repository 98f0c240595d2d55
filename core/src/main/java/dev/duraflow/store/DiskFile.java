package dev.duraflow.store;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An open file that is read and written at positions, in the units in which that can fail: bytes are on stable storage when
 * {@link #force} returns that was called after they were written. Thread-safe; an interrupt neither breaks nor delays any of it.
 *
 * <p>Tests put faults in by overriding.
 */
class DiskFile implements Closeable {
  private final Path path;
  private final RandomAccessFile file;
  /** Null if the file is only read. */
  private final @Nullable AsynchronousFileChannel forced;
  /** Guarded by {@code this}. */
  private boolean closed;

  /** Opens a file, which is created if it is missing. */
  DiskFile(Path path) throws IOException {
    // An ordinary FileChannel is closed by an interrupt; these two are not. The second is there for
    // its fdatasync alone, since a
    // RandomAccessFile only offers the dearer fsync.
    this.path = path;
    this.file = new RandomAccessFile(path.toFile(), "rw");
    try {
      this.forced = AsynchronousFileChannel.open(path, StandardOpenOption.WRITE);
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private DiskFile(Path path, RandomAccessFile file) {
    this.path = path;
    this.file = file;
    this.forced = null;
  }

  /** Opens a file that is there, for reading only. */
  static DiskFile forReading(Path path) throws IOException {
    return new DiskFile(path, new RandomAccessFile(path.toFile(), "r"));
  }

  synchronized void write(long position, byte[] bytes, int offset, int length) throws IOException {
    file.seek(position);
    file.write(bytes, offset, length);
  }

  void force() throws IOException {
    Objects.requireNonNull(forced, "open for reading only").force(false);
  }

  /** Reads as much as there is, up to {@code length}; answers how much. */
  synchronized int read(long position, byte[] into, int offset, int length) throws IOException {
    checkOpen();
    file.seek(position);
    int read = 0;
    while (read < length) {
      int n = file.read(into, offset + read, length - read);
      if (n < 0) {
        break;
      }
      read += n;
    }
    return read;
  }

  synchronized long size() throws IOException {
    checkOpen();
    return file.length();
  }

  synchronized void truncate(long size) throws IOException {
    file.setLength(size);
  }

  /**
   * Gives up what only writing needs; reading goes on until the file is closed, or forgotten by all and collected with what it
   * holds (which that other channel would never be).
   */
  void endWriting() throws IOException {
    if (forced != null) {
      forced.close();
    }
  }

  /** {@link RandomAccessFile} would speak of a stream. */
  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("it has been closed; read from a RunHistory before closing it");
    }
  }

  /** Its path. */
  @Override
  public String toString() {
    return path.toString();
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    try (file) {
      if (forced != null) {
        forced.close();
      }
    }
  }
}
