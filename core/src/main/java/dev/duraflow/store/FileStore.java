package dev.duraflow.store;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Header;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/**
 * Keeps each output as a file of its own that people and other programs can read: {@code DIRECTORY/RUN/TASK}, holding the bytes
 * of the codec and nothing else. What a record needs besides is in small files below {@code DIRECTORY/RUN/.records}; {@link
 * RunFiles} draws it. A directory of files that another program wrote, one for each key, is a run as well and can be continued.
 *
 * <p>A save costs four syncs, so this is the store for outputs that are to be looked at, not for a great many small ones.
 */
final class FileStore implements Store {
  private final RunDirectories directories;
  private final DurationFiles durations;
  private final Clock clock;
  private final Disk disk;

  FileStore(Path directory, Clock clock, Disk disk) {
    this.directories = new RunDirectories(directory, disk);
    this.durations = new DurationFiles(directories.root());
    this.clock = clock;
    this.disk = disk;
  }

  /** A store that is ready: its directory is there. */
  static FileStore at(Path directory) {
    FileStore store = new FileStore(directory, Clock.systemUTC(), new Disk());
    store.directories.create();
    return store;
  }

  @Override
  public OpenRun open(String runId) {
    try {
      RunFiles files = new RunFiles(runId, directories.claim(runId));
      if (isJournal(files.directory().resolve(JournalStore.JOURNAL))) {
        throw new StoreException(
            "run '" + runId + "' in " + directories.root()
                + " is kept in a journal and not in files; open it with Store.journal(directory), or use another run id");
      }
      RunLock ownership = RunLock.acquire(files.directory().resolve(".lock"), runId, clock);
      try {
        return FileRun.open(files, ownership, disk);
      } catch (Throwable e) {
        ownership.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StoreException(
          "cannot open run '" + runId + "' in " + directories.root() + ": " + reason(e)
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

  private static boolean isJournal(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (DiskFile file = DiskFile.forReading(path)) {
      return Header.read(file) != null;
    }
  }

  @Override
  public void close() {}

  /** What the operating system said, without the names of classes. */
  static String reason(IOException e) {
    if (e instanceof FileSystemException failure) {
      String reason = failure.getReason();
      return failure.getFile() + ": " + (reason != null ? reason : said(failure));
    }
    String message = e.getMessage();
    return message != null
            && (e instanceof FileNotFoundException || e.getClass() == IOException.class)
        ? message
        : e.toString();
  }

  private static String said(FileSystemException e) {
    return e instanceof NoSuchFileException
        ? "no such file or directory"
        : e.getClass().getSimpleName();
  }
}
