package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link JournalStore} holds of a run, read without taking the run: while another process executes it, at any moment.
 *
 * <p>It is the run as it was at one moment, when this was opened, or a little later: all that was durable by then is there, and
 * with each record all that were saved before it. The last few may not be durable yet, so that a loss of power may still take
 * them. What comes later is seen by opening it again. A torn end, which a crash leaves, is just the end.
 *
 * <p>Thread-safe. Nothing here changes a file. The methods throw {@link CorruptRecordException} for what is damaged, and {@link
 * StoreException} for what cannot be read.
 */
public final class RunHistory implements AutoCloseable {
  private final JournalReader journal;
  private final JournalIndex index;
  private final long end;
  private final FramePayloads payloads;
  private final @Nullable Holder holder;

  RunHistory(
      JournalReader journal,
      JournalIndex index,
      long end,
      SideFiles sideFiles,
      @Nullable Holder holder) {
    this.journal = journal;
    this.index = index;
    this.end = end;
    this.payloads = new FramePayloads(journal.path(), journal.file(), journal.header(), sideFiles);
    this.holder = holder;
  }

  /** Takes the reader over unless it throws. */
  static RunHistory of(JournalReader journal, SideFiles sideFiles) throws IOException {
    Path lock = journal.directory().resolve(JournalStore.LOCK);
    JournalIndex index = journal.newIndex();
    long end = journal.readNow(index);
    Holder holder = RunLock.holderOf(lock);
    if (holder == null) {
      // Who gave it up in between had written how it ended before that.
      end = journal.readNow(index);
      holder = RunLock.holderOf(lock);
    }
    return new RunHistory(journal, index, end, sideFiles, holder);
  }

  public String runId() {
    return journal.header().runId();
  }

  /** When the run came into being. */
  public Instant createdAt() {
    return journal.header().created();
  }

  /**
   * {@link RunState#RUNNING} while somebody holds the run; else how it ended, or {@link RunState#INTERRUPTED} if its process
   * ended first.
   */
  public RunState state() {
    return holder != null ? RunState.RUNNING : index.notes.state(index.count());
  }

  /** Who holds the run. */
  public Optional<Holder> holder() {
    return Optional.ofNullable(holder);
  }

  /** The DAG that was executed last; empty if none has been yet. */
  public Optional<TaskGraph> graph() {
    return index.notes.graphStart < 0
        ? Optional.empty()
        : journal
            .frames(
                index.notes.graphStart,
                end,
                (type, body, bodyEnd) -> GraphFrame.decode(body, bodyEnd))
            .findFirst();
  }

  /** The record of a task, if it has one. */
  public Optional<TaskRecord> find(String taskId) {
    return Optional.ofNullable(index.find(taskId, payloads));
  }

  /** The record of each task that has one, in the order in which they were first saved. Payloads are read when asked for. */
  public Stream<TaskRecord> records() {
    return IntStream.range(0, index.count()).mapToObj(number -> index.record(number, payloads));
  }

  /** All attempts that came to an end, in the order in which they were recorded; also those whose record was replaced later. */
  public Stream<Attempt> attempts() {
    return journal.frames(end, (type, body, bodyEnd) -> {
      if (type == Frames.FAILED) {
        RunNote.AttemptFailed failed = NoteFrames.failed(body, bodyEnd, journal.header());
        return new Attempt(
            failed.taskId(),
            failed.attempt(),
            failed.startedAt(),
            failed.finishedAt(),
            Optional.of(failed.failure()));
      }
      return type == Frames.RECORD || type == Frames.BESIDE ? succeeded(body) : null;
    });
  }

  private Attempt succeeded(Bytes body) {
    RecordHead head = RecordHead.read(body);
    Instant startedAt = createdAt().plusNanos(head.started());
    return new Attempt(
        head.taskId(body),
        index.shapes.get(head.shape()).attempt(),
        startedAt,
        startedAt.plusNanos(head.elapsed()),
        Optional.empty());
  }

  /** How the run began and ended each time, and the attempts that failed, in the order in which they were noted. */
  public Stream<RunNote> notes() {
    return journal.frames(end, new Notes());
  }

  private final class Notes implements JournalReader.FrameReader<RunNote> {
    private TaskGraph graph = TaskGraph.UNKNOWN;

    @Override
    public @Nullable RunNote read(int type, Bytes body, int bodyEnd) {
      if (type == Frames.GRAPH) {
        graph = GraphFrame.decode(body, bodyEnd);
      }
      return type == Frames.BEGAN
          ? NoteFrames.began(body, bodyEnd, journal.header(), graph)
          : type == Frames.FAILED
              ? NoteFrames.failed(body, bodyEnd, journal.header())
              : type == Frames.ENDED ? NoteFrames.ended(body, journal.header()) : null;
    }
  }

  @Override
  public void close() {
    journal.close();
  }
}
