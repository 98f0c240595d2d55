package dev.duraflow.jdbc;

import dev.duraflow.error.StoreException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Records and notes that are committed together. What guards its fields is said in {@link CommitQueue}. */
final class Batch {
  /**
   * The end of a batch for all who saved in it, so that none of them may complete it; who asks for more than a stage, to set a
   * time limit for instance, gets a copy.
   */
  static final class Done extends CompletableFuture<Void> {
    @Override
    public CompletableFuture<Void> toCompletableFuture() {
      return copy();
    }
  }

  /** Something at its place in the order in which all was handed over. */
  record Numbered<T>(int number, T row) {}

  final Done done = new Done();

  /** Of a task that is saved twice the later record is all that anybody could see. */
  private final Map<String, Numbered<RecordRow>> records = new LinkedHashMap<>();

  private final List<Numbered<NoteRow>> notes = new ArrayList<>();
  private int size;
  private long bytes;

  /** Whoever saves in it commits it. */
  volatile boolean isUrgent;

  /** A saver commits it. */
  boolean hasLeader;

  boolean isAwaited;
  boolean taken;
  /** Null once that one is completed. */
  volatile @Nullable Batch before;

  volatile @Nullable StoreException failure;

  void add(RecordRow row) {
    records.put(row.task.key(), new Numbered<>(size, row));
    size++;
    bytes += row.payload.length;
  }

  void add(NoteRow row) {
    notes.add(new Numbered<>(size, row));
    size++;
    byte[] graph = row.graph;
    bytes += graph == null ? 0 : graph.length;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** How many were handed over. */
  int size() {
    return size;
  }

  /** How many bytes the payloads have, about. */
  long bytes() {
    return bytes;
  }

  Collection<Numbered<RecordRow>> records() {
    return records.values();
  }

  List<Numbered<NoteRow>> notes() {
    return notes;
  }
}
