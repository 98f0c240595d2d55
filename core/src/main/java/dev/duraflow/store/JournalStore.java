package dev.duraflow.store;

import dev.duraflow.dag.Dag;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Decoded;
import dev.duraflow.store.Frames.Header;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keeps each run in one append-only file, {@code DIRECTORY/RUN/journal}, and outputs of 1 MiB and more beside it. Records that are
 * ready at the same time share one sync. The formats are drawn in {@code docs/formats.md}.
 *
 * <p>Runs can be read, listed, verified and copied while they are executed, in this process or in another. What changes a run,
 * {@link #delete} and {@link #compact}, takes it first and is refused while somebody has it.
 *
 * <p>Thread-safe. Methods throw {@link StoreException} if the directory cannot be read or written, or does not hold the run.
 */
public final class JournalStore implements Store {
  static final String JOURNAL = "journal";
  static final String OUTPUTS = "outputs";
  static final String LOCK = ".lock";

  /** What who finds damage can do. */
  static final String WAY_OUT =
      "restore the file from a copy, take what is intact into a new run with JournalStore.salvage, or use another run id";

  /** In bytes; larger outputs go beside the journal. */
  private static final int SIDE_FILE_THRESHOLD = 1 << 20;

  private static final int MAX_REWRITTEN = 64 << 20;

  /** How often a run that is deleted just when it is opened is begun anew before something else must be wrong. */
  private static final int MAX_DELETED = 100;

  private final RunDirectories directories;
  private final DurationFiles durations;
  private final Clock clock;
  private final Disk disk;
  private final int sideFileThreshold;
  private final SecureRandom random = new SecureRandom();

  JournalStore(Path directory, Clock clock, Disk disk) {
    this(directory, clock, disk, SIDE_FILE_THRESHOLD);
  }

  /** @param sideFileThreshold outputs of so many bytes and more go beside the journal */
  JournalStore(Path directory, Clock clock, Disk disk, int sideFileThreshold) {
    this.directories = new RunDirectories(directory, disk);
    this.durations = new DurationFiles(directories.root());
    this.clock = clock;
    this.disk = disk;
    this.sideFileThreshold = sideFileThreshold;
  }

  /** A store below a directory, which is created if it is missing. */
  public static JournalStore at(Path directory) {
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
      for (int deleted = 0; ; deleted++) {
        Path directory = directories.claim(runId);
        try {
          RunLock ownership = RunLock.acquire(directory.resolve(LOCK), runId, clock);
          return open(runId, directory, durability, ownership);
        } catch (NoSuchFileException e) {
          if (deleted == MAX_DELETED) {
            throw e;
          }
        }
      }
    } catch (IOException e) {
      throw new StoreException(
          "cannot open run '" + runId + "' in " + directories.root() + ": " + FileStore.reason(e)
              + "; see that the directory is there and can be written to",
          e);
    }
  }

  @Override
  public Map<String, Duration> durations(String dagName) {
    return durations.read(dagName);
  }

  @Override
  public void keepDurations(String dagName, Map<String, Duration> learnt) {
    durations.write(dagName, learnt);
  }

  private OpenRun open(String runId, Path directory, Durability durability, RunLock ownership)
      throws IOException {
    Path path = directory.resolve(JOURNAL);
    DiskFile file = null;
    try {
      disk.delete(directory.resolve(NewJournal.PART));
      file = disk.open(path);
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
      SideFiles sideFiles = sideFiles(runId, directory);
      sideFiles.collect(index.sideFiles);
      JournalWriter writer = new JournalWriter(
          runId, file, begin.header(), index.shapes.copy(), end, index.endsWithMark(), durability);
      return new JournalRun(runId, path, file, begin.header(), index, writer, sideFiles, ownership);
    } catch (Throwable e) {
      try (ownership) {
        if (file != null) {
          file.close();
        }
      }
      throw e;
    }
  }

  /**
   * Begins a journal; it is made durable with what was found in others. A file that is no longer than its header would be holds nothing: the process that made it died before the
   * header was durable.
   */
  private Decoded create(String runId, Path path, DiskFile file) throws IOException {
    Header header = new Header(runId, random.nextLong(), clock.instant());
    byte[] encoded = header.encoded();
    if (file.size() > encoded.length) {
      throw headless(runId, path);
    }
    refuseFiles(runId, path);
    if (encoded.length > Frames.MAX_HEADER) {
      throw new StoreException("run '" + runId + "' cannot have a journal: its id has more than "
          + Dag.MAX_ID_LENGTH + " characters; use a shorter id");
    }
    file.truncate(0);
    file.write(0, encoded, 0, encoded.length);
    return new Decoded(header, Frames.VERSION, encoded.length);
  }

  /** What a file store, or duraflow-rs, keeps in this place would be computed once more, beside it. */
  private static void refuseFiles(String runId, Path path) throws IOException {
    Path directory = Objects.requireNonNull(path.getParent());
    try (DirectoryStream<Path> files = Files.newDirectoryStream(
        directory,
        file -> FileNames.isName(String.valueOf(file.getFileName()))
            && !file.equals(path)
            && Files.isRegularFile(file))) {
      for (Path file : files) {
        Files.deleteIfExists(path); // just created, and empty
        throw new StoreException(
            "run '" + runId + "' in " + directory.getParent() + " is kept in files, such as '"
                + file.getFileName()
                + "', and not in a journal; open it with Store.files(directory), or use another run id");
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  static void check(Decoded begin, String runId, Path path) {
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
      throw damaged(runId, path, end, mark);
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

  static CorruptRecordException headless(@Nullable String runId, Path path) {
    return new CorruptRecordException(
        path + (runId == null ? "" : ", the journal of run '" + runId + "',")
            + " does not begin with the header of a journal; " + WAY_OUT,
        null);
  }

  /**
   * What is thrown for damage to something durable.
   *
   * @param durable where something stands that was written when all before it was on stable storage
   */
  static CorruptRecordException damaged(String runId, Path path, long at, long durable) {
    return new CorruptRecordException(
        path + ", the journal of run '" + runId + "', is damaged at byte " + at
            + ": what is there is not what was written," + " and it was durable, since byte "
            + durable + " was written after it; " + WAY_OUT,
        null);
  }

  private SideFiles sideFiles(String runId, Path directory) {
    return new SideFiles(runId, directory.resolve(OUTPUTS), disk, sideFileThreshold);
  }

  // ---- looking at runs that others may execute

  /** All runs, by id. It takes no run and changes nothing; a run that cannot be read is listed with its problem. */
  public List<RunSummary> runs() {
    try {
      return new RunListing(directories).summaries();
    } catch (IOException e) {
      throw new StoreException(
          "cannot list the runs in " + directories.root() + ": " + FileStore.reason(e), e);
    }
  }

  /**
   * What is held of a run, read without taking it.
   *
   * @throws CorruptRecordException if something that was durable is damaged
   */
  public RunHistory read(String runId) {
    JournalReader journal = reader(runId);
    try {
      return JournalHistory.of(journal, sideFiles(runId, journal.directory()));
    } catch (IOException e) {
      journal.close();
      throw journal.unreadable(e);
    } catch (Throwable e) {
      journal.close();
      throw e;
    }
  }

  /**
   * Compares everything that is held of a run with its checksums, large outputs included. Damage is told in what is returned,
   * and does not keep from looking at the rest.
   */
  public Verification verify(String runId) {
    try (JournalReader journal = reader(runId, JournalReader::openDamaged)) {
      return reading(
          journal, () -> JournalCheck.verify(journal, sideFiles(runId, journal.directory())));
    }
  }

  /**
   * Copies a run into another store, as it is at one moment, while it is executed perhaps. The copy appears there as a whole or
   * not at all, and is durable when this returns.
   *
   * @throws StoreException if the run is there already
   * @throws CorruptRecordException if it is damaged
   */
  public void copy(String runId, JournalStore target) {
    try (JournalReader journal = reader(runId)) {
      RunCopy copy = new RunCopy(journal, sideFiles(runId, journal.directory()));
      reading(
          journal,
          () -> copy.into(
              target.directories, runId, target.random.nextLong(), target.clock, copy::everything));
    }
  }

  /**
   * Copies what is intact of a damaged run into a new run of this store, and leaves the damaged one as it is. Tasks whose
   * records are lost run again when the new run is executed; of a task whose latest record is lost and an earlier one is not,
   * the earlier one is taken.
   *
   * @return what was copied and what was lost
   * @throws StoreException if the new run is there already
   */
  public Verification salvage(String runId, String newRunId) {
    try (JournalReader journal = reader(runId, JournalReader::openDamaged)) {
      RunCopy copy = new RunCopy(journal, sideFiles(runId, journal.directory()));
      return reading(
          journal,
          () -> copy.into(
              directories,
              newRunId,
              random.nextLong(),
              clock,
              (to, files) -> Salvage.copy(journal, to, files)));
    }
  }

  private JournalReader reader(String runId) {
    return reader(runId, JournalReader::open);
  }

  private interface Opening {
    @Nullable
    JournalReader open(Path directory, String runId, Disk disk) throws IOException;
  }

  private JournalReader reader(String runId, Opening opening) {
    try {
      Path directory = directories.find(runId);
      JournalReader journal = directory == null ? null : opening.open(directory, runId, disk);
      if (journal == null) {
        throw new StoreException("there is no run '" + runId + "' in " + directories.root());
      }
      return journal;
    } catch (IOException e) {
      throw new StoreException(
          "cannot read run '" + runId + "' in " + directories.root() + ": " + FileStore.reason(e),
          e);
    }
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> T reading(JournalReader journal, Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException e) {
      throw journal.unreadable(e);
    }
  }

  // ---- changing runs that nobody executes

  /**
   * Deletes a run. It is gone as a whole or not at all, and for good when this returns.
   *
   * @return false if there was none
   * @throws dev.duraflow.error.RunLockedException if somebody has it
   */
  public boolean delete(String runId) {
    try {
      return new RunDeletion(directories, clock).delete(runId, random.nextLong());
    } catch (IOException e) {
      throw new StoreException(
          "cannot delete run '" + runId + "' in " + directories.root() + ": " + FileStore.reason(e)
              + "; see that the directory can be written to",
          e);
    }
  }

  /**
   * Gives back the space of records that were replaced, of large outputs that none names any more, and of failures that were
   * made up for. Records, graph and state stay what they are. It happens as a whole or not at all; a crash leaves one of the
   * two. Readers that are open go on reading what was there.
   *
   * @throws dev.duraflow.error.RunLockedException if somebody has the run
   * @throws CorruptRecordException if it is damaged
   */
  public void compact(String runId) {
    try (JournalReader sought = reader(runId)) {
      RunLock ownership = RunLock.acquire(sought.directory().resolve(LOCK), runId, clock);
      try (ownership;
          JournalReader journal =
              sought.reopened(disk)) { // as it is now that nobody else changes it
        Compaction.compact(journal, sideFiles(runId, journal.directory()), random.nextLong(), disk);
      }
    } catch (IOException e) {
      throw new StoreException(
          "cannot compact run '" + runId + "' in " + directories.root() + ": " + FileStore.reason(e)
              + "; see that there is space for a second journal",
          e);
    }
  }

  @Override
  public void close() {}
}
