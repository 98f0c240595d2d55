package dev.duraflow.store;

import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.event.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The history of a run in its journal. Nothing here changes a file. */
final class JournalHistory implements RunHistory {
  private final JournalReader journal;
  private final JournalIndex index;
  private final long end;
  private final FramePayloads payloads;
  private final @Nullable Holder holder;

  JournalHistory(
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
  static JournalHistory of(JournalReader journal, SideFiles sideFiles) throws IOException {
    Path lock = journal.directory().resolve(JournalStore.LOCK);
    JournalIndex index = journal.newIndex();
    long end = journal.readNow(index);
    Holder holder = RunLock.holderOf(lock);
    if (holder == null) {
      // Who gave it up in between had written how it ended before that.
      end = journal.readNow(index);
      holder = RunLock.holderOf(lock);
    }
    return new JournalHistory(journal, index, end, sideFiles, holder);
  }

  @Override
  public String runId() {
    return journal.header().runId();
  }

  @Override
  public Instant createdAt() {
    return journal.header().created();
  }

  @Override
  public RunState state() {
    return holder != null ? RunState.RUNNING : index.notes.state(index.count());
  }

  @Override
  public Optional<Holder> holder() {
    return Optional.ofNullable(holder);
  }

  @Override
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

  @Override
  public Optional<TaskRecord> find(String taskId) {
    return Optional.ofNullable(index.find(taskId, payloads));
  }

  @Override
  public Stream<TaskRecord> records() {
    return IntStream.range(0, index.count()).mapToObj(number -> index.record(number, payloads));
  }

  @Override
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

  @Override
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
