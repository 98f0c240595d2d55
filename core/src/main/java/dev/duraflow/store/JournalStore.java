package dev.duraflow.store;

import dev.duraflow.dag.Dag;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Decoded;
import dev.duraflow.store.Frames.Header;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;

/**
 * Keeps each run in one append-only file: {@code DIRECTORY/RUN/journal}. Records that are ready at the same time share one sync.
 * The format is drawn at {@link Frames}, the protocol of writing at {@link JournalWriter}.
 */
final class JournalStore implements Store {
  private static final int SIDE_FILE_THRESHOLD = 1 << 20;

  private static final int MAX_REWRITTEN = 64 << 20;

  private final RunDirectories directories;
  private final Clock clock;
  private final Disk disk;
  private final int sideFileThreshold;
  private final SecureRandom random = new SecureRandom();

  JournalStore(Path directory, Clock clock, Disk disk) {
    this(directory, clock, disk, SIDE_FILE_THRESHOLD);
  }

  /** @param sideFileThreshold in bytes; larger outputs go beside the journal */
  JournalStore(Path directory, Clock clock, Disk disk, int sideFileThreshold) {
    this.sideFileThreshold = sideFileThreshold;
    this.directories = new RunDirectories(directory, disk);
    this.clock = clock;
    this.disk = disk;
  }

  static JournalStore at(Path directory) {
    JournalStore store = new JournalStore(directory, Clock.systemUTC(), new Disk());
    store.directories.create();
    return store;
  }

  @Override
  public OpenRun open(String runId) {
    return open(runId, Durability.STRICT);
  }

  @Override
  public OpenRun open(String runId, Durability durability) {
    try {
      Path directory = directories.claim(runId);
      RunLock ownership = RunLock.acquire(directory.resolve(".lock"), runId, clock);
      try {
        return open(runId, directory, durability, ownership);
      } catch (Throwable e) {
        ownership.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StoreException(
          "cannot open run '" + runId + "' in " + directories.root() + ": " + FileStore.reason(e)
              + "; see that the directory is there and can be written to",
          e);
    }
  }

  private OpenRun open(String runId, Path directory, Durability durability, RunLock ownership)
      throws IOException {
    Path path = directory.resolve("journal");
    DiskFile file = disk.open(path);
    try {
      Decoded begin = Header.read(file);
      if (begin == null) {
        begin = create(runId, path, file);
      } else {
        check(begin, runId, path);
      }
      JournalIndex index = new JournalIndex(file, begin.header(), begin.end());
      long end = index.readTo(Long.MAX_VALUE);
      boolean wasTorn = cutTornTail(runId, path, file, begin.header(), end);
      boolean isNew = index.lastMark() == 0 && end == begin.end();
      if (wasTorn || isNew || (durability != Durability.PROCESS && !index.endsWithMark())) {
        makeDurable(directory, file, index.lastMark(), end);
      }
      SideFiles sideFiles =
          new SideFiles(runId, directory.resolve("outputs"), disk, sideFileThreshold);
      sideFiles.collect(index.sideFiles);
      JournalWriter writer = new JournalWriter(
          runId, file, begin.header(), index.shapes, end, index.endsWithMark(), durability);
      return new JournalRun(runId, path, file, begin.header(), index, writer, sideFiles, ownership);
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  /**
   * Begins a journal; it is made durable with what was found in others. A file that is no longer than its header would be holds
   * nothing: the process that made it died before the header was durable.
   */
  private Decoded create(String runId, Path path, DiskFile file) throws IOException {
    Header header = new Header(runId, random.nextLong(), clock.instant());
    byte[] encoded = header.encoded();
    if (file.size() > encoded.length) {
      throw new CorruptRecordException(
          path + ", the journal of run '" + runId
              + "', does not begin with the header of a journal; restore it from a copy,"
              + " delete it to run everything again, or use another run id",
          null);
    }
    if (encoded.length > Frames.MAX_HEADER) {
      throw new StoreException("run '" + runId + "' cannot have a journal: its id has more than "
          + Dag.MAX_ID_LENGTH + " characters; use a shorter id");
    }
    file.truncate(0);
    file.write(0, encoded, 0, encoded.length);
    return new Decoded(header, Frames.VERSION, encoded.length);
  }

  private static void check(Decoded begin, String runId, Path path) {
    if (begin.version() > Frames.VERSION) {
      throw new StoreException(path + ", the journal of run '" + runId + "', has format version "
          + begin.version() + ", and this duraflow reads versions up to " + Frames.VERSION
          + "; open it with a newer duraflow");
    }
    if (!begin.header().runId().equals(runId)) {
      throw new StoreException(
          path + " is the journal of run '" + begin.header().runId() + "' and not of run '" + runId
              + "'; it has been moved or renamed: move it back");
    }
  }

  /**
   * Cuts what was being written when its process died, and answers whether there was any; damage behind which something durable
   * lies is not touched.
   */
  private static boolean cutTornTail(
      String runId, Path path, DiskFile file, Header header, long end) throws IOException {
    if (end == file.size()) {
      return false;
    }
    long mark = JournalScan.findMark(file, header, end);
    if (mark >= 0) {
      throw new CorruptRecordException(
          path + ", the journal of run '" + runId + "', is damaged at byte " + end
              + ": what is there is not what was written,"
              + " and it was durable, since byte " + mark
              + " was written after it; restore the file from a copy, or use"
              + " another run id",
          null);
    }
    file.truncate(end);
    return true;
  }

  /**
   * Sees to it that what was found is on the disk before anybody relies on it. Whoever wrote it may have died before its sync, or
   * may not have synced at all. Or that sync failed: then the system may hold in memory what the disk has not, and take it for
   * written (A. Rebello et al., <i>Can Applications Recover from fsync Failures?</i>, 2020), so it is written once more.
   */
  private void makeDurable(Path directory, DiskFile file, long lastMark, long end)
      throws IOException {
    if (end - lastMark <= MAX_REWRITTEN) { // more than that is no batch of a writer that syncs
      byte[] chunk = new byte[1 << 16];
      for (long at = lastMark; at < end; at += chunk.length) {
        int length = (int) Math.min(chunk.length, end - at);
        file.write(at, chunk, 0, file.read(at, chunk, 0, length));
      }
    }
    file.force();
    if (lastMark == 0) {
      disk.sync(directory);
      disk.sync(directories.root());
    }
  }

  @Override
  public void close() {}
}
