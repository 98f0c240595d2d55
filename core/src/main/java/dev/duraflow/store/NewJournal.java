package dev.duraflow.store;

import dev.duraflow.store.Frames.Header;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A journal that is made of another one. It has a passing name until it is complete and on stable storage; then it takes its
 * place in one step. Closed before that, it leaves nothing. Not thread-safe.
 */
final class NewJournal implements Closeable {
  /** Beside the journal; what a crash leaves of it is deleted when the run is opened. */
  static final String PART = "journal.new";

  private static final int CHUNK = 1 << 20;

  private final Disk disk;
  private final Path directory;
  private final Path part;
  private final Header header;
  private final DiskFile file;
  private final Bytes chunk = new Bytes(CHUNK + Frames.MAX_HEADER);
  private long chunkStart;
  private long marks;
  private boolean placed;

  NewJournal(Path directory, Header header, Disk disk) throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.part = directory.resolve(PART);
    this.header = header;
    disk.delete(part);
    this.file = disk.open(part);
    chunk.putBytes(header.encoded());
    mark();
  }

  /** Adds a frame. */
  void add(byte[] body, int from, int to) throws IOException {
    if (chunk.position == 0) {
      mark();
    }
    put(body, from, to);
    if (chunk.position > CHUNK) {
      write();
    }
  }

  private void put(byte[] body, int from, int to) {
    int length = to - from;
    chunk.reserve(Frames.MAX_OVERHEAD + length);
    int start = chunk.position;
    chunk.putVarint(length);
    int crcAt = chunk.position;
    chunk.position += Integer.BYTES;
    System.arraycopy(body, from, chunk.array, chunk.position, length);
    int end = chunk.position + length;
    int crc = chunk.crc32c(end - length, end) ^ header.mix(chunkStart + start);
    chunk.position = crcAt;
    chunk.putInt(crc);
    chunk.position = end;
  }

  /** Nobody sees a mark before all of the file is on stable storage; so wherever it stands, it says the truth. */
  private void mark() {
    Bytes body = new Bytes(1 + Long.BYTES + 10);
    body.putByte(Frames.MARK);
    body.putLong(header.salt());
    body.putVarint(marks++);
    put(body.array, 0, body.position);
  }

  private void write() throws IOException {
    file.write(chunkStart, chunk.array, 0, chunk.position);
    chunkStart += chunk.position;
    chunk.position = 0;
  }

  /** Syncs it and gives it its name. */
  void place() throws IOException {
    mark(); // so that damage to the last frames is known for what it is
    write();
    file.force();
    file.close(); // an open one keeps its name on Windows
    disk.move(part, directory.resolve(JournalStore.JOURNAL));
    placed = true;
    disk.sync(directory);
  }

  @Override
  public void close() throws IOException {
    if (!placed) {
      file.close();
      disk.delete(part);
    }
  }
}
