package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Decoded;
import dev.duraflow.store.Frames.Header;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * A journal that is open for reading, while it is being written perhaps. Thread-safe.
 *
 * <p>A writer writes a batch only when the one before is on stable storage. So of what a reader finds half-written, all that
 * stands before a mark is whole by the time the mark can be seen: read once more, it must be right, or it is damaged.
 */
final class JournalReader implements AutoCloseable {
  private final Path directory;
  private final Path path;
  private final DiskFile file;
  private final Header header;
  private final int firstFrame;

  private JournalReader(Path directory, Path path, DiskFile file, Header header, int firstFrame) {
    this.directory = directory;
    this.path = path;
    this.file = file;
    this.header = header;
    this.firstFrame = firstFrame;
  }

  /**
   * Opens the journal of a run.
   *
   * @param directory the directory of the run
   * @param runId whose it is to be; null if that is to be found out
   * @return null if the file is not there, or so new that it has no header yet
   * @throws CorruptRecordException if it does not begin with a header
   */
  static @Nullable JournalReader open(Path directory, @Nullable String runId, Disk disk)
      throws IOException {
    return open(directory, runId, disk, false);
  }

  /**
   * Opens a journal that may be damaged anywhere. Without a header, frames are looked for from the beginning, with what is left
   * of the header and with the salt that a mark holds.
   */
  static @Nullable JournalReader openDamaged(Path directory, String runId, Disk disk)
      throws IOException {
    return open(directory, runId, disk, true);
  }

  private static @Nullable JournalReader open(
      Path directory, @Nullable String runId, Disk disk, boolean mayBeDamaged) throws IOException {
    Path path = directory.resolve(JournalStore.JOURNAL);
    DiskFile file;
    try {
      file = disk.openForReading(path);
    } catch (FileNotFoundException e) {
      if (path.toFile().exists()) {
        throw e;
      }
      return null;
    }
    boolean opened = false;
    try {
      Decoded begin = Header.read(file);
      if (begin == null && file.size() > Frames.headerSize(runId)) {
        begin = mayBeDamaged && runId != null ? JournalScan.lostHeader(file, runId) : null;
        if (begin == null) {
          throw JournalStore.headless(runId, path);
        }
      }
      if (begin == null) {
        return null;
      }
      JournalStore.check(begin, runId != null ? runId : begin.header().runId(), path);
      opened = true;
      return new JournalReader(directory, path, file, begin.header(), begin.end());
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  Path directory() {
    return directory;
  }

  Path path() {
    return path;
  }

  DiskFile file() {
    return file;
  }

  Header header() {
    return header;
  }

  int firstFrame() {
    return firstFrame;
  }

  JournalIndex newIndex() {
    return new JournalIndex(file, header, firstFrame);
  }

  /** The file that has the journal's name now. */
  JournalReader reopened(Disk disk) throws IOException {
    JournalReader reopened = open(directory, header.runId(), disk);
    if (reopened == null) {
      throw new FileNotFoundException(path.toString());
    }
    return reopened;
  }

  /**
   * Has an index read what is there now; answers where that ends.
   *
   * @throws CorruptRecordException if something that was durable is not what was written
   */
  long readNow(JournalIndex index) throws IOException {
    long limit = file.size();
    long end = index.readTo(limit);
    while (end < limit) {
      long mark = JournalScan.findMark(file, header, end);
      if (mark < 0) {
        return end;
      }
      long again = index.readTo(Math.max(limit, mark + Frames.MAX_MARK)); // the file may have grown
      if (again == end) {
        throw JournalStore.damaged(header.runId(), path, end, mark);
      }
      end = again;
    }
    return end;
  }

  /** Makes something of frames. */
  interface FrameReader<T> {
    /**
     * What it makes of one.
     *
     * @param body stands behind the type
     * @return null if it is none of those that are wanted
     */
    @Nullable
    T read(int type, Bytes body, int bodyEnd);
  }

  /** What a reader makes of the frames up to {@code end}, which were there before. */
  <T> Stream<T> frames(long end, FrameReader<T> reader) {
    return frames(firstFrame, end, reader);
  }

  <T> Stream<T> frames(long from, long end, FrameReader<T> reader) {
    JournalScan scan = new JournalScan(file, header, from);
    return StreamSupport.stream(
        new Spliterators.AbstractSpliterator<T>(
            Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL) {
          @Override
          public boolean tryAdvance(Consumer<? super T> action) {
            while (scan.position() < end) {
              T made = next(scan, end, reader);
              if (made != null) {
                action.accept(made);
                return true;
              }
            }
            return false;
          }
        },
        false);
  }

  private <T> @Nullable T next(JournalScan scan, long end, FrameReader<T> reader) {
    try {
      if (!scan.next(end)) {
        throw JournalStore.damaged(header.runId(), path, scan.position(), end);
      }
      Bytes body = scan.body();
      return reader.read(body.getByte(), body, scan.bodyEnd());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  StoreException unreadable(IOException e) {
    return new StoreException(
        "cannot read " + path + ", the journal of run '" + header.runId() + "': "
            + FileStore.reason(e),
        e);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }
}
