package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Header;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/** Copies a run into one that is not there yet, which appears as a whole or not at all: the journal gets its name last. */
final class RunCopy {
  private final JournalReader from;
  private final SideFiles fromFiles;

  RunCopy(JournalReader from, SideFiles fromFiles) {
    this.from = from;
    this.fromFiles = fromFiles;
  }

  /** What is copied, and how. */
  interface Content<T> {
    T copy(NewJournal to, SideFileCopies sideFiles) throws IOException;
  }

  /** Makes the run {@code runId} in a place; the salt of its journal is new, so that no frame of one passes for one of the other. */
  <T> T into(RunDirectories place, String runId, long salt, Clock clock, Content<T> content)
      throws IOException {
    Path directory = place.claim(runId);
    RunLock ownership = RunLock.acquire(directory.resolve(JournalStore.LOCK), runId, clock);
    try (ownership) {
      if (Files.exists(directory.resolve(JournalStore.JOURNAL))) {
        throw new StoreException("run '" + runId + "' is there already, in " + directory
            + "; copy to another run id or store, or delete it first");
      }
      Header header = new Header(runId, salt, from.header().created());
      SideFiles toFiles =
          new SideFiles(runId, directory.resolve(JournalStore.OUTPUTS), place.disk(), 0);
      try (NewJournal to = new NewJournal(directory, header, place.disk())) {
        T result = content.copy(to, new SideFileCopies(fromFiles, toFiles));
        to.place();
        return result;
      }
    }
  }

  /** All that is there now. */
  Void everything(NewJournal to, SideFileCopies sideFiles) throws IOException {
    JournalIndex index = from.newIndex();
    long end = from.readNow(index);
    JournalScan scan = new JournalScan(from.file(), from.header(), from.firstFrame());
    while (scan.position() < end) {
      if (!scan.next(end)) {
        throw JournalStore.damaged(from.header().runId(), from.path(), scan.position(), end);
      }
      Bytes body = scan.body();
      int type = body.getByte();
      if (type != Frames.MARK && (type != Frames.BESIDE || hasSideFile(index, scan, sideFiles))) {
        to.add(scan.body().array, scan.body().position, scan.bodyEnd());
      }
    }
    return null;
  }

  /** The file of a record that was replaced may be gone, if the run has been compacted since its journal was opened. */
  private static boolean hasSideFile(JournalIndex index, JournalScan scan, SideFileCopies sideFiles)
      throws IOException {
    Bytes body = scan.body();
    body.position++; // the type
    RecordHead head = RecordHead.read(body);
    try {
      sideFiles.copy(head.taskId(body), Beside.read(body, scan.bodyEnd()));
      return true;
    } catch (CorruptRecordException e) {
      if (index.isLatest(scan.frameStart(), body.array, head.idStart(), head.idLength())) {
        throw e;
      }
      return false;
    }
  }
}
