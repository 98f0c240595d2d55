package dev.duraflow.store;

import dev.duraflow.event.RunState;
import dev.duraflow.store.Frames.Header;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Ended;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the notes in a journal come to, gathered while it is read. Not thread-safe. */
final class JournalNotes {
  private final Header header;
  /** The last failed attempt of each task that has one. */
  final Map<String, Integer> failedAttempts = new HashMap<>();

  /** Where the last graph stands; -1 if there is none. */
  long graphStart = -1;

  int graphSize;
  long lastBegan = -1;
  long lastEnded = -1;
  private @Nullable Ended end;
  private int unknownType;

  JournalNotes(Header header) {
    this.header = header;
  }

  /** Takes in a frame that is no record. */
  void read(int type, Bytes body, int bodyEnd, long frameStart) {
    if (type == Frames.GRAPH) {
      graphStart = frameStart;
      graphSize = bodyEnd - body.position + 1;
    } else if (type == Frames.BEGAN) {
      lastBegan = frameStart;
      end = null;
    } else if (type == Frames.FAILED) {
      AttemptFailed failed = NoteFrames.failed(body, bodyEnd, header);
      failedAttempts.put(failed.taskId(), failed.attempt());
    } else if (type == Frames.ENDED) {
      end = NoteFrames.ended(body, header);
      lastEnded = frameStart;
    } else if (type != Frames.MARK) {
      unknownType = type;
    }
  }

  /** How a run stands that nobody holds. Where records came and no DAG had begun, they are steps: each is all of its kind. */
  RunState state(int records) {
    return end != null
        ? end.state()
        : lastBegan < 0 && records > 0 ? RunState.SUCCEEDED : RunState.INTERRUPTED;
  }

  /** How the last process ended the run; null if it did not, or nobody has begun. */
  @Nullable
  Ended end() {
    return end;
  }

  /** A type of frames that came and that a newer duraflow wrote; 0 if there was none. */
  int unknownType() {
    return unknownType;
  }
}
