package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.store.Frames.Header;
import dev.duraflow.store.Frames.Shape;
import dev.duraflow.store.Frames.Shapes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the latest record of a task in a journal. It is made by reading the journal, and only as far as somebody asks: a run
 * that is written and never looked into has none.
 *
 * <p>A million tasks are to take tens of megabytes. So an entry is no object: the first part of its frame's body, up to the task
 * id, is kept as it is in large arrays, and found through a hash table with open addressing and linear probing.
 *
 * <p>Not thread-safe.
 */
final class JournalIndex {
  private static final int PAGE = 1 << 20;
  private static final int FIRST_PAGE = 1 << 12;

  private final DiskFile file;
  private final JournalScan scan;
  private final Header header;
  final Shapes shapes = new Shapes();
  final JournalNotes notes;

  /** The files that records name, those of replaced ones included. */
  final Set<String> sideFiles = new HashSet<>();

  private final List<byte[]> pages = new ArrayList<>();
  private byte[] page = new byte[0];
  private int pageEnd;

  private long lastMark;
  private boolean endsWithMark;

  private int count;
  private long[] frameStarts = new long[16];
  private int[] bodySizes = new int[16];
  /** Page and offset of the part that is kept. */
  private long[] kept = new long[16];
  /** The hash of an id and its entry plus one; 0 where there is none. Most others are told apart by the hash alone. */
  private long[] table = new long[32];

  JournalIndex(DiskFile file, Header header, long firstFrame) {
    this.file = file;
    this.header = header;
    this.notes = new JournalNotes(header);
    this.scan = new JournalScan(file, header, firstFrame);
  }

  /** How many tasks have a record. */
  int count() {
    return count;
  }

  /** Where the last mark is that was read; 0 if there was none. All that stands before it is durable. */
  long lastMark() {
    return lastMark;
  }

  /** Whether nothing follows that mark. */
  boolean endsWithMark() {
    return endsWithMark;
  }

  /**
   * Reads on; answers where it stopped: before the first frame that is not whole, or at {@code limit}.
   *
   * @throws CorruptRecordException if a frame is whole, and what it says is nonsense
   */
  long readTo(long limit) throws IOException {
    while (scan.position() < limit && scan.next(limit)) {
      try {
        read(scan.body(), scan.bodyEnd());
      } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
        throw new CorruptRecordException(
            file + ", the journal of run '" + header.runId() + "', has "
                + (scan.position() - scan.frameStart())
                + " bytes at " + scan.frameStart()
                + " that no duraflow has written; " + JournalStore.WAY_OUT,
            e);
      }
    }
    return scan.position();
  }

  private void read(Bytes body, int end) {
    int type = body.getByte();
    endsWithMark = type == Frames.MARK;
    if (type == Frames.MARK) {
      lastMark = scan.frameStart();
    } else if (type == Frames.SHAPE) {
      if (body.getVarint() != shapes.size()) {
        throw new IllegalArgumentException("shapes do not come in order");
      }
      shapes.add(Shape.read(body, end));
    } else if (type == Frames.RECORD || type == Frames.BESIDE) {
      add(body, end);
      if (type == Frames.BESIDE) {
        body.getVarint();
        if (body.position != end - SideFiles.HASH) {
          throw new IllegalArgumentException(
              "the hash of a payload is not " + SideFiles.HASH + " bytes long");
        }
        sideFiles.add(SideFiles.name(Arrays.copyOfRange(body.array, end - SideFiles.HASH, end)));
      }
    } else {
      notes.read(type, body, end, scan.frameStart());
    }
  }

  /** Moves the cursor behind the task's id. */
  private void add(Bytes body, int end) {
    int from = body.position - 1;
    Objects.checkIndex(body.getVarint(), shapes.size());
    body.getSigned();
    body.getSigned();
    int idLength = (int) body.getVarint();
    int idStart = body.position;
    Objects.checkFromIndexSize(idStart, idLength, end);
    body.position = idStart + idLength;
    int hash = hash(body.array, idStart, idLength);
    int slot = slot(hash, body.array, idStart, idLength);
    int entry = (int) table[slot] - 1;
    if (entry < 0) {
      entry = count++;
      if (entry == kept.length) {
        kept = Arrays.copyOf(kept, entry * 2);
        frameStarts = Arrays.copyOf(frameStarts, entry * 2);
        bodySizes = Arrays.copyOf(bodySizes, entry * 2);
      }
      table[slot] = (long) hash << Integer.SIZE | (entry + 1);
    }
    kept[entry] = keep(body.array, from, idStart + idLength - from);
    frameStarts[entry] = scan.frameStart();
    bodySizes[entry] = scan.bodyEnd() - from;
    if (count * 2 > table.length) {
      grow();
    }
  }

  private long keep(byte[] array, int from, int length) {
    if (pageEnd + length > page.length) {
      int wanted = Math.min(PAGE, FIRST_PAGE << Math.min(pages.size(), 10));
      page = new byte[Math.max(wanted, length)];
      pages.add(page);
      pageEnd = 0;
    }
    System.arraycopy(array, from, page, pageEnd, length);
    long place = (long) (pages.size() - 1) << 32 | pageEnd;
    pageEnd += length;
    return place;
  }

  /** The entry of an id, or -1. */
  private int entryOf(byte[] array, int start, int length) {
    return (int) table[slot(hash(array, start, length), array, start, length)] - 1;
  }

  /** Where the entry of an id is, or would be. */
  private int slot(int hash, byte[] array, int start, int length) {
    int mask = table.length - 1;
    int slot = hash & mask;
    while (table[slot] != 0
        && !(hash(table[slot]) == hash && isOf((int) table[slot] - 1, array, start, length))) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isOf(int number, byte[] array, int start, int length) {
    Bytes entry = entry(number);
    int idLength = endOfTimes(entry);
    int id = entry.position;
    return idLength == length
        && Arrays.equals(entry.array, id, id + length, array, start, start + length);
  }

  /** Moves the cursor from an entry's beginning to its id, and answers the id's length. */
  private static int endOfTimes(Bytes entry) {
    entry.position++;
    entry.getVarint();
    entry.getVarint();
    entry.getVarint();
    return (int) entry.getVarint();
  }

  private Bytes entry(int entry) {
    long place = kept[entry];
    return new Bytes(pages.get((int) (place >>> 32)), (int) place);
  }

  private void grow() {
    long[] old = table;
    table = new long[old.length * 2];
    int mask = table.length - 1;
    for (long occupied : old) {
      if (occupied != 0) {
        int slot = hash(occupied) & mask;
        while (table[slot] != 0) {
          slot = (slot + 1) & mask;
        }
        table[slot] = occupied;
      }
    }
  }

  private static int hash(long occupied) {
    return (int) (occupied >>> Integer.SIZE);
  }

  /**
   * Ids that differ in their last digit share a cache line of the table, or two, since tasks are asked for in the order of their
   * declaration. Lines are scattered by the golden ratio (D. Knuth, The Art of Computer Programming, 6.4).
   */
  private static int hash(byte[] array, int start, int length) {
    int hash = 0;
    for (int i = start; i < start + length; i++) {
      hash = 31 * hash + array[i];
    }
    int line = (hash >>> 3) * 0x9E3779B9;
    return ((line ^ (line >>> 15)) << 3) | (hash & 7);
  }

  /** Whether a task has a record. */
  boolean holds(String taskId) {
    byte[] id = taskId.getBytes(StandardCharsets.UTF_8);
    return entryOf(id, 0, id.length) >= 0;
  }

  /** Whether the record in a frame is the latest of its task. */
  boolean isLatest(long frameStart, byte[] array, int idStart, int idLength) {
    int entry = entryOf(array, idStart, idLength);
    return entry >= 0 && frameStarts[entry] == frameStart;
  }

  /** Whether the graph that was recorded last has this body. */
  boolean isLastGraph(byte[] graph) throws IOException {
    if (notes.graphSize != graph.length) {
      return false;
    }
    JournalScan at = new JournalScan(file, header, notes.graphStart);
    if (!at.next(notes.graphStart + Frames.sizeOf(graph.length))) {
      return false;
    }
    Bytes body = at.body();
    return Arrays.equals(body.array, body.position, at.bodyEnd(), graph, 0, graph.length);
  }

  /** The record of a task; its payload is read by {@code payloads} when it is asked for. */
  @Nullable
  TaskRecord find(String taskId, Payloads payloads) {
    byte[] id = taskId.getBytes(StandardCharsets.UTF_8);
    int entry = entryOf(id, 0, id.length);
    return entry < 0 ? null : record(entry, payloads);
  }

  /** The records by number, in the order in which their tasks came. */
  TaskRecord record(int number, Payloads payloads) {
    Bytes entry = entry(number);
    int frameType = entry.getByte();
    Shape shape = shapes.get((int) entry.getVarint());
    Instant startedAt = header.created().plusNanos(entry.getSigned());
    Instant finishedAt = startedAt.plusNanos(entry.getSigned());
    int idLength = (int) entry.getVarint();
    int keptLength = idLength + entry.position - (int) kept[number];
    String taskId = entry.getString(idLength);
    Payload payload =
        payloads.at(taskId, frameType, frameStarts[number], bodySizes[number], keptLength);
    return new TaskRecord(
        taskId,
        shape.kind(),
        shape.type(),
        shape.codec(),
        shape.attempt(),
        startedAt,
        finishedAt,
        payload);
  }

  /** Makes the payloads of records. */
  interface Payloads {
    /** The payload in a frame, before which {@code headLength} bytes of the frame's body stand. */
    Payload at(String taskId, int frameType, long frameStart, int bodySize, int headLength);
  }
}
