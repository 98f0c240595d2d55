package dev.duraflow.store;

import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunNote.Ended;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lists runs. Of a run that ended, the last frame of its journal says all that is asked, however large it is; others are read
 * from the beginning.
 */
final class RunListing {
  /** By how many bytes their number takes; the likeliest first. */
  private static final int[] MARK_SIZES = {15, 16, 0, 17, 18, 19};

  private final RunDirectories directories;

  RunListing(RunDirectories directories) {
    this.directories = directories;
  }

  /** All runs, by id. */
  List<RunSummary> summaries() throws IOException {
    List<RunSummary> summaries = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directories.root())) {
      for (Path entry : entries) {
        RunSummary summary =
            FileNames.isName(entry.getFileName().toString()) ? summary(entry) : null;
        if (summary != null) {
          summaries.add(summary);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    summaries.sort(Comparator.comparing(RunSummary::runId));
    return summaries;
  }

  /** Null if a directory holds no run. */
  private @Nullable RunSummary summary(Path directory) throws IOException {
    Path path = directory.resolve(JournalStore.JOURNAL);
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class);
    } catch (IOException e) {
      return null; // no directory, or one of other things, or a run that has just been deleted
    }
    long size = attributes.size() + sizeOfSideFiles(directory.resolve(JournalStore.OUTPUTS));
    Instant changedAt = attributes.lastModifiedTime().toInstant();
    try (JournalReader journal = JournalReader.open(directory, null, directories.disk())) {
      if (journal == null) {
        return null;
      }
      Path lock = directory.resolve(JournalStore.LOCK);
      boolean held = RunLock.holderOf(lock) != null;
      Ended end = endAtTheEnd(journal);
      RunState state = end != null ? end.state() : RunState.INTERRUPTED;
      int completed = end != null ? end.completed() : 0;
      if (end == null) {
        JournalIndex index = journal.newIndex();
        journal.readNow(index);
        held |= RunLock.holderOf(lock) != null;
        completed = index.count();
        state = index.notes.state(completed);
      }
      return new RunSummary(
          journal.header().runId(),
          held ? RunState.RUNNING : state,
          completed,
          size,
          journal.header().created(),
          changedAt,
          Optional.empty());
    } catch (IOException | StoreException e) {
      String problem =
          e instanceof IOException io ? FileStore.reason(io) : String.valueOf(e.getMessage());
      return new RunSummary(
          FileNames.idOf(directory.getFileName().toString()),
          RunState.INTERRUPTED,
          0,
          size,
          attributes.creationTime().toInstant(),
          changedAt,
          Optional.of(problem));
    }
  }

  /** The end that is noted in the last frame, or in the last but one if a mark follows. */
  private static @Nullable Ended endAtTheEnd(JournalReader journal) throws IOException {
    long size = journal.file().size();
    for (int markSize : MARK_SIZES) {
      long start = size - markSize - NoteFrames.ENDED_SIZE;
      JournalScan scan = new JournalScan(journal.file(), journal.header(), start);
      if (start >= journal.firstFrame() && scan.next(start + NoteFrames.ENDED_SIZE)) {
        Bytes body = scan.body();
        if (body.getByte() != Frames.ENDED) {
          return null;
        }
        Ended end = NoteFrames.ended(body, journal.header());
        return isEndOrMark(scan, size) ? end : null;
      }
    }
    return null;
  }

  private static boolean isEndOrMark(JournalScan scan, long size) throws IOException {
    return scan.position() == size
        || (scan.next(size) && scan.position() == size && scan.body().getByte() == Frames.MARK);
  }

  private static long sizeOfSideFiles(Path directory) throws IOException {
    long size = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        try {
          size += Files.size(file);
        } catch (NoSuchFileException e) {
          // a file that has got its name, or was collected
        }
      }
    } catch (NoSuchFileException e) {
      // No large output yet.
    }
    return size;
  }
}
