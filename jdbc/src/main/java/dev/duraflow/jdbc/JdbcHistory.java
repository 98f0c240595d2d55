package dev.duraflow.jdbc;

import dev.duraflow.error.RunLockedException.Holder;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Attempt;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskGraph;
import dev.duraflow.store.TaskRecord;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The history of a run in the tables: records without their payloads in memory, all else read when it is asked for. */
final class JdbcHistory implements RunHistory {
  private final String runId;
  private final Instant createdAt;
  private final RunState state;
  private final @Nullable Holder holder;
  private final List<Entry> entries;
  private final Map<String, Entry> byTask = new HashMap<>();
  private final Notes notes;
  private final StoredPayloads payloads;

  /** A record at its place in the order of all notes and records. */
  record Entry(String taskId, RecordRow.Head head, long position) {}

  JdbcHistory(
      String runId,
      Instant createdAt,
      RunState state,
      @Nullable Holder holder,
      List<Entry> entries,
      Notes notes,
      StoredPayloads payloads) {
    this.runId = runId;
    this.createdAt = createdAt;
    this.state = state;
    this.holder = holder;
    this.entries = entries;
    this.notes = notes;
    this.payloads = payloads;
    entries.forEach(entry -> byTask.put(entry.taskId(), entry));
  }

  @Override
  public String runId() {
    return runId;
  }

  @Override
  public Instant createdAt() {
    return createdAt;
  }

  @Override
  public RunState state() {
    return state;
  }

  @Override
  public Optional<Holder> holder() {
    return Optional.ofNullable(holder);
  }

  @Override
  public Optional<TaskGraph> graph() {
    return notes.graph();
  }

  @Override
  public Optional<TaskRecord> find(String taskId) {
    return Optional.ofNullable(byTask.get(taskId)).map(this::record);
  }

  private TaskRecord record(Entry entry) {
    return entry.head().toRecord(entry.taskId(), payloads);
  }

  @Override
  public Stream<TaskRecord> records() {
    return entries.stream().map(this::record);
  }

  private record PositionedAttempt(long position, Attempt attempt) {}

  @Override
  public Stream<Attempt> attempts() {
    Stream<PositionedAttempt> failed = notes.stream()
        .filter(positioned -> positioned.note() instanceof RunNote.AttemptFailed)
        .map(positioned -> new PositionedAttempt(
            positioned.position(), attempt((RunNote.AttemptFailed) positioned.note())));
    Stream<PositionedAttempt> succeeded =
        entries.stream().map(entry -> new PositionedAttempt(entry.position(), attempt(entry)));
    return Stream.concat(failed, succeeded)
        .sorted(Comparator.comparingLong(PositionedAttempt::position))
        .map(PositionedAttempt::attempt);
  }

  private static Attempt attempt(RunNote.AttemptFailed failed) {
    return new Attempt(
        failed.taskId(),
        failed.attempt(),
        failed.startedAt(),
        failed.finishedAt(),
        Optional.of(failed.failure()));
  }

  private static Attempt attempt(Entry entry) {
    RecordRow.Head head = entry.head();
    return new Attempt(
        entry.taskId(),
        head.attempt(),
        Micros.toInstant(head.startedAt()),
        Micros.toInstant(head.finishedAt()),
        Optional.empty());
  }

  @Override
  public Stream<RunNote> notes() {
    return notes.stream().map(Notes.Positioned::note);
  }

  @Override
  public void close() {}
}
