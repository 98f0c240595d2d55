package dev.duraflow.jdbc;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskGraph;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The notes of a run up to one moment, read in pages. Thread-safe. */
final class Notes {
  private static final int PAGE = 500;
  private static final TaskGraph UNKNOWN = TaskGraph.of(dev.duraflow.dag.Dag.named("unknown"));

  private final Connections connections;
  private final String runId;
  private final long run;
  private final long end;
  private final String page;
  private final String lastGraph;

  /** @param end the position of the last note */
  Notes(Dialect dialect, Connections connections, String runId, long run, long end) {
    this.connections = connections;
    this.runId = runId;
    this.run = run;
    this.end = end;
    this.page = dialect.sql("""
        select position, kind, noted_at, task_id, attempt, started_at, failure, graph, host, pid, state, completed, total
        from {schema}duraflow_note where run = ? and position > ? and position <= ? order by position limit\s""" + PAGE);
    this.lastGraph = dialect.sql("""
        select graph from {schema}duraflow_note where run = ? and position <= ? and graph is not null
        order by position desc limit 1
        """);
  }

  /** A note at its place in the order of all notes and records. */
  record Positioned(long position, RunNote note) {}

  Optional<TaskGraph> graph() {
    return connections
        .patiently(reading(), connection -> {
          try (PreparedStatement statement = connection.prepareStatement(lastGraph)) {
            statement.setLong(1, run);
            statement.setLong(2, end);
            try (ResultSet row = statement.executeQuery()) {
              return row.next() ? Optional.ofNullable(row.getBytes(1)) : Optional.<byte[]>empty();
            }
          }
        })
        .map(this::decode);
  }

  private String reading() {
    return "read the history of run '" + runId + "'";
  }

  private TaskGraph decode(byte[] bytes) {
    try {
      return TaskGraph.ofBytes(bytes);
    } catch (IllegalArgumentException e) {
      throw new CorruptRecordException(
          "the graph of run '" + runId + "' is damaged: " + e.getMessage()
              + "; restore the database from a copy",
          e);
    }
  }

  Stream<Positioned> stream() {
    return StreamSupport.stream(
        Spliterators.spliteratorUnknownSize(new Pages(), Spliterator.ORDERED | Spliterator.NONNULL),
        false);
  }

  private final class Pages implements Iterator<Positioned> {
    private List<Positioned> read = List.of();
    private int next;
    private long position = Long.MIN_VALUE;
    private boolean isLast;
    private TaskGraph graph = UNKNOWN;

    @Override
    public boolean hasNext() {
      if (next == read.size() && !isLast) {
        read = connections.patiently(reading(), connection -> {
          try (PreparedStatement statement = connection.prepareStatement(page)) {
            statement.setLong(1, run);
            statement.setLong(2, position);
            statement.setLong(3, end);
            try (ResultSet row = statement.executeQuery()) {
              return notes(row);
            }
          }
        });
        next = 0;
        isLast = read.size() < PAGE;
        if (!read.isEmpty()) {
          position = read.get(read.size() - 1).position();
        }
      }
      return next < read.size();
    }

    private List<Positioned> notes(ResultSet row) throws SQLException {
      List<Positioned> notes = new ArrayList<>();
      while (row.next()) {
        byte[] bytes = row.getBytes(8);
        if (bytes != null) {
          graph = decode(bytes);
        }
        notes.add(new Positioned(row.getLong(1), note(row, graph)));
      }
      return notes;
    }

    @Override
    public Positioned next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      return read.get(next++);
    }
  }

  private RunNote note(ResultSet row, TaskGraph graph) throws SQLException {
    Instant at = Micros.toInstant(row.getLong(3));
    String kind = row.getString(2);
    return switch (kind) {
      case NoteRow.BEGAN -> new RunNote.Began(graph, at, text(row, 9), row.getLong(10));
      case NoteRow.FAILED ->
        new RunNote.AttemptFailed(
            text(row, 4), row.getInt(5), Micros.toInstant(row.getLong(6)), at, text(row, 7));
      case NoteRow.ENDED ->
        new RunNote.Ended(RunState.valueOf(text(row, 11)), at, row.getInt(12), row.getInt(13));
      default ->
        throw new CorruptRecordException(
            "the history of run '" + runId + "' has a note of kind '" + kind
                + "', which this duraflow does not know; use the one that wrote it",
            null);
    };
  }

  private static String text(ResultSet row, int column) throws SQLException {
    @Nullable String text = row.getString(column);
    return text == null ? "" : text;
  }
}
