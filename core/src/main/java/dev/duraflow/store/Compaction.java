package dev.duraflow.store;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Header;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * Writes a journal anew without what is of no use any more, and puts it in the place of the old one in one step. Of the history
 * stay the last graph, the last beginning and end, and the last failure of each task that has no record.
 */
final class Compaction {
  private final JournalReader from;
  private final JournalIndex index;
  private final long end;
  /** Those that are named by what is kept. */
  private final Set<String> sideFiles = new HashSet<>();

  private Compaction(JournalReader from, JournalIndex index, long end) {
    this.from = from;
    this.index = index;
    this.end = end;
  }

  /** Compacts the journal of a run that is owned. */
  static void compact(JournalReader from, SideFiles sideFiles, long salt, Disk disk)
      throws IOException {
    JournalIndex index = from.newIndex();
    long end = from.readNow(index);
    if (index.notes.unknownType() != 0) {
      throw new StoreException(
          "run '" + from.header().runId() + "' holds frames of type " + index.notes.unknownType()
              + ", which this duraflow does not know and must not drop; compact it with the newer one that wrote them");
    }
    Header header = new Header(from.header().runId(), salt, from.header().created());
    Compaction compaction = new Compaction(from, index, end);
    try (NewJournal to = new NewJournal(from.directory(), header, disk)) {
      compaction.copy(to);
      to.place();
    }
    sideFiles.collect(compaction.sideFiles);
  }

  private void copy(NewJournal to) throws IOException {
    JournalScan scan = new JournalScan(from.file(), from.header(), from.firstFrame());
    while (scan.position() < end && scan.next(end)) {
      Bytes body = scan.body();
      int start = body.position;
      if (isKept(body.getByte(), body, scan)) {
        to.add(body.array, start, scan.bodyEnd());
      }
    }
    if (scan.position() < end) {
      throw JournalStore.damaged(from.header().runId(), from.path(), scan.position(), end);
    }
  }

  private boolean isKept(int type, Bytes body, JournalScan scan) {
    long frameStart = scan.frameStart();
    return switch (type) {
      case Frames.SHAPE -> true; // they are few, and numbered
      case Frames.RECORD, Frames.BESIDE -> {
        RecordHead head = RecordHead.read(body);
        boolean latest = index.isLatest(frameStart, body.array, head.idStart(), head.idLength());
        if (latest && type == Frames.BESIDE) {
          sideFiles.add(Beside.read(body, scan.bodyEnd()).name());
        }
        yield latest;
      }
      case Frames.GRAPH -> frameStart == index.notes.graphStart;
      case Frames.BEGAN -> frameStart == index.notes.lastBegan;
      case Frames.FAILED -> isLastFailure(NoteFrames.failed(body, scan.bodyEnd(), from.header()));
      case Frames.ENDED -> frameStart == index.notes.lastEnded;
      default -> false;
    };
  }

  private boolean isLastFailure(RunNote.AttemptFailed failed) {
    Integer last = index.notes.failedAttempts.get(failed.taskId());
    return last != null && last == failed.attempt() && !index.holds(failed.taskId());
  }
}
