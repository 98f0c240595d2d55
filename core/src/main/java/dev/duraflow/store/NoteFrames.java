package dev.duraflow.store;

import dev.duraflow.event.RunState;
import dev.duraflow.store.Frames.Header;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/** The bodies of the frames that tell how a run went. They are drawn at {@link Frames}; they are read from behind their type. */
final class NoteFrames {
  private static final int MAX_NUMBER = 10;
  private static final int ENDED_BODY = 1 + 1 + Long.BYTES + 2 * Integer.BYTES;
  /** The whole frame. */
  static final int ENDED_SIZE = Frames.sizeOf(ENDED_BODY);

  /** By the byte that stands for them. */
  private static final RunState[] STATES = {
    RunState.RUNNING, RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED
  };

  private NoteFrames() {}

  static byte[] encode(Began note, Header header) {
    byte[] host = note.host().getBytes(StandardCharsets.UTF_8);
    Bytes out = new Bytes(1 + 2 * MAX_NUMBER + host.length);
    out.putByte(Frames.BEGAN);
    out.putSigned(nanos(header.created(), note.at()));
    out.putVarint(note.pid());
    out.putBytes(host);
    return Arrays.copyOf(out.array, out.position);
  }

  static Began began(Bytes in, int end, Header header, TaskGraph graph) {
    Instant at = header.created().plusNanos(in.getSigned());
    long pid = in.getVarint();
    return new Began(graph, at, in.getString(end - in.position), pid);
  }

  static byte[] encode(AttemptFailed note, Header header) {
    byte[] id = note.taskId().getBytes(StandardCharsets.UTF_8);
    byte[] failure = note.failure().getBytes(StandardCharsets.UTF_8);
    Bytes out = new Bytes(1 + 4 * MAX_NUMBER + id.length + failure.length);
    out.putByte(Frames.FAILED);
    out.putVarint(note.attempt());
    out.putSigned(nanos(header.created(), note.startedAt()));
    out.putSigned(nanos(note.startedAt(), note.finishedAt()));
    out.putVarint(id.length);
    out.putBytes(id);
    out.putBytes(failure);
    return Arrays.copyOf(out.array, out.position);
  }

  static AttemptFailed failed(Bytes in, int end, Header header) {
    int attempt = (int) in.getVarint();
    Instant startedAt = header.created().plusNanos(in.getSigned());
    Instant finishedAt = startedAt.plusNanos(in.getSigned());
    String taskId = in.getString((int) in.getVarint());
    return new AttemptFailed(
        taskId, attempt, startedAt, finishedAt, in.getString(end - in.position));
  }

  static byte[] encode(Ended note, Header header) {
    Bytes out = new Bytes(ENDED_BODY);
    out.putByte(Frames.ENDED);
    out.putByte(code(note.state()));
    out.putLong(nanos(header.created(), note.at()));
    out.putInt(note.completed());
    out.putInt(note.total());
    return out.array;
  }

  static Ended ended(Bytes in, Header header) {
    RunState state = STATES[in.getByte()];
    Instant at = header.created().plusNanos(in.getLong());
    int completed = in.getInt();
    return new Ended(state, at, completed, in.getInt());
  }

  private static int code(RunState state) {
    int code = Arrays.asList(STATES).indexOf(state);
    if (code < 1) {
      throw new IllegalArgumentException("a run cannot have ended as " + state);
    }
    return code;
  }

  private static long nanos(Instant from, Instant to) {
    return Duration.between(from, to).toNanos();
  }
}
