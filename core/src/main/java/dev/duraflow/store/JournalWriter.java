package dev.duraflow.store;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Header;
import dev.duraflow.store.Frames.Shape;
import dev.duraflow.store.Frames.Shapes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Appends frames to a journal, and syncs once for all that came while the last sync was under way (group commit, as in D. DeWitt
 * et al., <i>Implementation techniques for main memory database systems</i>, 1984).
 *
 * <p>Savers put frames into the open batch under {@code appending}. Who commits takes {@code committing}, then takes the open
 * batch away under {@code appending} and leaves an empty one, writes and syncs it, lets {@code committing} go and completes the
 * batch's future. So there is one write at a time, batches reach the disk in order, and savers fill the next one meanwhile.
 * Locks are taken in the order {@code committing}, {@code appending}, and no future is completed under either.
 *
 * <p>Two kinds of threads commit. A saver that has nothing else to do commits itself, so that a lone chain of tasks does not hop
 * between threads; of several, one commits and the others find their batch done. All other batches are committed by a thread
 * that the first of their savers wakes. Whoever makes a batch not empty sees to one of the two.
 *
 * <p>A failed write or sync is final: what a disk holds after that, nobody knows. All that is not durable by then fails, and so
 * does all that comes later.
 */
final class JournalWriter {
  /** Savers that find more than this waiting to be written wait too. */
  private static final int MAX_WAITING_BYTES = 4 << 20;

  /** Space is filled with zeros ahead of the frames: a sync of space that a file has already is cheaper. */
  private static final int MIN_RESERVE = 64 << 10;

  private static final int MAX_RESERVE = 8 << 20;
  private static final byte[] ZEROS = new byte[MIN_RESERVE];

  private final String runId;
  private final DiskFile file;
  private final Header header;
  private final boolean synced;

  private final ReentrantLock appending = new ReentrantLock();
  private final Condition filled = appending.newCondition();
  private final Shapes shapes;
  private Batch open;
  private Batch last;
  private Bytes spare = new Bytes(MIN_RESERVE);
  private long batches;
  private @Nullable Thread committer;
  private boolean closed;

  private final ReentrantLock committing = new ReentrantLock();
  private long reservedTo;
  private int nextReserve = MIN_RESERVE;
  private volatile long committedTo;
  private volatile @Nullable Throwable failure;
  /** Some saver knows of the failure. */
  private volatile boolean failureIsTold;

  /** Frames that become durable together. */
  private static final class Batch {
    final long start;
    final Bytes bytes;
    final CompletableFuture<Void> done = new CompletableFuture<>();
    volatile boolean isFull;
    /** Whether somebody waits for it, and will hear of a failure. Guarded by {@code appending}. */
    boolean isAwaited;

    /** Guarded by {@link #committing}, like what follows. */
    boolean taken;

    @Nullable Throwable failure;

    Batch(long start, Bytes bytes) {
      this.start = start;
      this.bytes = bytes;
    }

    boolean isEmpty() {
      return bytes.position == 0;
    }

    long end() {
      return start + bytes.position;
    }
  }

  /** @param end where the last whole frame ends */
  JournalWriter(
      String runId, DiskFile file, Header header, Shapes shapes, long end, Durability durability) {
    this.runId = runId;
    this.file = file;
    this.header = header;
    this.shapes = shapes;
    this.synced = durability != Durability.PROCESS;
    this.committedTo = end;
    this.reservedTo = end;
    this.last = new Batch(end, new Bytes(0));
    this.open = new Batch(end, new Bytes(MIN_RESERVE));
    last.done.complete(null);
  }

  /** Up to here frames are as durable as was asked for. */
  long committedTo() {
    return committedTo;
  }

  /** Appends a record; the future completes when it is durable. */
  CompletableFuture<Void> append(TaskRecord record, @Nullable Beside beside, byte[] payload) {
    Batch batch = put(record, beside, payload, true);
    if (batch.isFull) {
      commit(batch);
    }
    return batch.done;
  }

  /** Appends a record and commits it in this thread, unless another does; the future is complete. */
  CompletableFuture<Void> appendNow(TaskRecord record, @Nullable Beside beside, byte[] payload) {
    Batch batch = put(record, beside, payload, false);
    commit(batch);
    return batch.done;
  }

  /** Appends bodies that are ready, one after the other, which nobody waits for. */
  void append(byte[]... bodies) {
    Batch batch;
    appending.lock();
    try {
      if (failure != null || closed) {
        return;
      }
      batch = open;
      boolean first = batch.isEmpty();
      if (first && synced) {
        putMark(batch);
      }
      for (byte[] body : bodies) {
        int start = begin(batch, body.length);
        batch.bytes.putBytes(body);
        end(batch, start, body.length);
      }
      batch.isFull = batch.bytes.position > MAX_WAITING_BYTES;
      if (first) {
        wakeCommitter();
      }
    } finally {
      appending.unlock();
    }
    if (batch.isFull) {
      commit(batch);
    }
  }

  /** All that was appended before is durable when the future completes. */
  CompletableFuture<Void> flush() {
    appending.lock();
    try {
      return open.isEmpty() ? last.done : open.done;
    } finally {
      appending.unlock();
    }
  }

  private Batch put(TaskRecord record, @Nullable Beside beside, byte[] payload, boolean wake) {
    byte[] id = record.taskId().getBytes(StandardCharsets.UTF_8);
    long started = nanosBetween(header.created(), record.startedAt());
    long elapsed = nanosBetween(record.startedAt(), record.finishedAt());
    appending.lock();
    try {
      checkAccepting(record.taskId());
      Batch batch = open;
      batch.isAwaited = true;
      boolean first = batch.isEmpty();
      if (first && synced) {
        putMark(batch);
      }
      int shape = shapeOf(record, batch);
      Bytes out = batch.bytes;
      int content = beside == null ? payload.length : Bytes.sizeOfVarint(beside.size()) + SideFiles.HASH;
      int length =
          1
              + Bytes.sizeOfVarint(shape)
              + Bytes.sizeOfSigned(started)
              + Bytes.sizeOfSigned(elapsed)
              + Bytes.sizeOfVarint(id.length)
              + id.length
              + content;
      int start = begin(batch, length);
      out.putByte(beside == null ? Frames.RECORD : Frames.BESIDE);
      out.putVarint(shape);
      out.putSigned(started);
      out.putSigned(elapsed);
      out.putVarint(id.length);
      out.putBytes(id);
      if (beside == null) {
        out.putBytes(payload);
      } else {
        out.putVarint(beside.size());
        out.putBytes(SideFiles.hash(beside.name()));
      }
      end(batch, start, length);
      batch.isFull = out.position > MAX_WAITING_BYTES;
      if (first && wake) {
        wakeCommitter();
      }
      return batch;
    } finally {
      appending.unlock();
    }
  }

  private void checkAccepting(String taskId) {
    Throwable failed = failure;
    if (failed != null) {
      failureIsTold = true;
      throw new StoreException(
          "the journal of run '" + runId + "' takes no more records, so not that of task '" + taskId
              + "', since an earlier write failed: " + failed.getMessage()
              + "; mend the disk and open the run again",
          failed);
    }
    if (closed) {
      throw new StoreException(
          "run '" + runId + "' is closed; open it again to save task '" + taskId + "'");
    }
  }

  private void putMark(Batch batch) {
    long number = batches++;
    int length = 1 + Long.BYTES + Bytes.sizeOfVarint(number);
    int start = begin(batch, length);
    batch.bytes.putByte(Frames.MARK);
    batch.bytes.putLong(header.salt());
    batch.bytes.putVarint(number);
    end(batch, start, length);
  }

  private int shapeOf(TaskRecord record, Batch batch) {
    Shape shape = Shape.of(record);
    Integer known = shapes.number(shape);
    if (known != null) {
      return known;
    }
    byte[] codec = shape.codec().getBytes(StandardCharsets.UTF_8);
    byte[] type = shape.type() == null ? new byte[0] : shape.type().getBytes(StandardCharsets.UTF_8);
    int number = shapes.size();
    int length =
        2
            + Bytes.sizeOfVarint(number)
            + Bytes.sizeOfVarint(shape.attempt())
            + Bytes.sizeOfVarint(codec.length)
            + codec.length
            + type.length;
    int start = begin(batch, length);
    Bytes out = batch.bytes;
    out.putByte(Frames.SHAPE);
    out.putVarint(number);
    out.putByte(Frames.code(shape.kind()));
    out.putVarint(shape.attempt());
    out.putVarint(codec.length);
    out.putBytes(codec);
    out.putBytes(type);
    end(batch, start, length);
    shapes.add(shape);
    return number;
  }

  /** Begins a frame whose body has the given length; answers where in the batch. */
  private static int begin(Batch batch, int length) {
    Bytes out = batch.bytes;
    out.reserve(Frames.MAX_OVERHEAD + length);
    int start = out.position;
    out.putVarint(length);
    out.position += Integer.BYTES;
    return start;
  }

  private void end(Batch batch, int start, int length) {
    Bytes out = batch.bytes;
    int end = out.position;
    int crc = out.crc32c(end - length, end) ^ header.mix(batch.start + start);
    out.position = end - length - Integer.BYTES;
    out.putInt(crc);
    out.position = end;
  }

  private static long nanosBetween(Instant from, Instant to) {
    return Duration.between(from, to).toNanos();
  }

  /** Under {@code appending}. */
  private void wakeCommitter() {
    if (committer == null) {
      Thread thread = new Thread(this::commitWhenFilled, "duraflow-journal");
      thread.setDaemon(true);
      committer = thread;
      thread.start();
    }
    filled.signal();
  }

  private void commitWhenFilled() {
    while (true) {
      Batch batch;
      appending.lock();
      try {
        while (open.isEmpty()) {
          if (closed) {
            return;
          }
          filled.awaitUninterruptibly();
        }
        batch = open;
      } finally {
        appending.unlock();
      }
      commit(batch);
    }
  }

  /** Returns when a batch has been committed, by this thread or by another; its failure is in its future. */
  private void commit(Batch batch) {
    Throwable failed;
    committing.lock();
    try {
      if (!batch.taken) {
        batch.taken = true;
        write(batch);
      }
      failed = batch.failure;
    } finally {
      committing.unlock();
    }
    if (failed == null) {
      batch.done.complete(null);
    } else {
      batch.done.completeExceptionally(failed);
    }
  }

  /** Under {@code committing}. */
  private void write(Batch batch) {
    appending.lock();
    try {
      last = batch;
      open = new Batch(batch.end(), spare);
    } finally {
      appending.unlock();
    }
    try {
      if (failure == null) {
        reserve(batch.end());
        file.write(batch.start, batch.bytes.array, 0, batch.bytes.position);
        if (synced) {
          file.force();
        }
        committedTo = batch.end();
      }
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
    }
    batch.failure = failure;
    if (failure != null && batch.isAwaited) {
      failureIsTold = true;
    }
    batch.bytes.position = 0;
    spare = batch.bytes.array.length <= MAX_WAITING_BYTES ? batch.bytes : new Bytes(MIN_RESERVE);
  }

  /** Has space ready beyond what is about to be written. */
  private void reserve(long end) {
    if (end <= reservedTo) {
      return;
    }
    long target = end + nextReserve;
    try {
      for (long at = end; at < target; at += ZEROS.length) {
        file.write(at, ZEROS, 0, (int) Math.min(ZEROS.length, target - at));
      }
      reservedTo = target;
      nextReserve = Math.min(MAX_RESERVE, nextReserve * 2);
    } catch (IOException e) {
      // Speed is all that is lost: what is to be kept may still fit, and if not, its own write says so.
    }
  }

  /**
   * Commits what is there, and gives back the space that was reserved and not used.
   *
   * @throws IOException if something was not written, and nobody has been told
   */
  void close() throws IOException {
    Batch last;
    appending.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      last = open;
      filled.signal();
    } finally {
      appending.unlock();
    }
    if (!last.isEmpty()) {
      commit(last);
    }
    committing.lock();
    try {
      if (failure == null && file.size() > committedTo) {
        file.truncate(committedTo);
      }
      if (failure != null && !failureIsTold) {
        throw new IOException("what was noted could not be written: " + failure.getMessage(), failure);
      }
    } finally {
      committing.unlock();
    }
  }
}
