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
import java.util.concurrent.CompletionStage;
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
 * Locks are taken in the order {@code committing}, {@code appending}, and no future is completed under either. Who commits next
 * may overtake on the way out, so each completes the batch before its own first.
 *
 * <p>Two kinds of threads commit. A saver that has nothing else to do commits itself, so that a lone chain of tasks does not hop
 * between threads; of several, one commits and the others find their batch done. All other batches are committed by a thread
 * that the first of their savers wakes. Whoever makes a batch not empty sees to one of the two; whoever cannot put a whole frame
 * into it leaves it as it was.
 *
 * <p>A failed write or sync is final: what a disk holds after that, nobody knows. All that is not durable by then fails, and so
 * does all that comes later.
 */
final class JournalWriter {
  /** Savers that find more than this waiting to be written wait too. */
  private static final int MAX_WAITING_BYTES = 4 << 20;

  /** Larger buffers, of which there are two, are not kept while nothing is to be written. */
  private static final int MAX_IDLE_BYTES = 256 << 10;

  /** Space is filled with zeros ahead of the frames: a sync of space that a file has already is cheaper. */
  private static final int MIN_RESERVE = 64 << 10;

  private static final int MAX_RESERVE = 8 << 20;
  private static final byte[] NONE = new byte[0];
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
  private boolean isUsed;
  /** Whether what stands at the end is a mark, which does for the next batch: nothing has said that it is durable itself. */
  private boolean endsWithMark;

  private final ReentrantLock committing = new ReentrantLock();
  private long reservedTo;
  private int nextReserve = MIN_RESERVE;
  private volatile long committedTo;
  private volatile @Nullable StoreException failure;
  /** Some saver knows of the failure. */
  private volatile boolean failureIsTold;

  /**
   * The end of a batch for all who saved in it, so that none of them may complete it; who asks for more than a stage, to set a
   * time limit for instance, gets a copy.
   */
  private static final class Done extends CompletableFuture<Void> {
    @Override
    public CompletableFuture<Void> toCompletableFuture() {
      return copy();
    }
  }

  /** Frames that become durable together. */
  private static final class Batch {
    final long start;
    final Bytes bytes;
    final Done done = new Done();
    /** Whoever saves in it commits it. */
    volatile boolean isUrgent;
    /** Somebody waits for it, and will hear if it fails. Guarded by {@code appending}. */
    boolean isAwaited;
    /** Null once that one is completed. */
    volatile @Nullable Batch before;
    /** Guarded by {@link #committing}. */
    boolean taken;
    /** Written under {@link #committing}. */
    volatile @Nullable StoreException failure;

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

  /**
   * @param end where the last whole frame ends
   * @param endsWithMark whether that frame is a mark
   */
  JournalWriter(
      String runId,
      DiskFile file,
      Header header,
      Shapes shapes,
      long end,
      boolean endsWithMark,
      Durability durability) {
    this.runId = runId;
    this.file = file;
    this.header = header;
    this.shapes = shapes;
    this.endsWithMark = endsWithMark;
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
  CompletionStage<Void> append(TaskRecord record, @Nullable Beside beside, byte[] payload) {
    Batch batch = put(record, beside, payload, true);
    if (batch.isUrgent) {
      commit(batch);
    }
    return batch.done;
  }

  /** Appends a record and commits it in this thread, unless another does; the future is complete. */
  CompletableFuture<Void> appendNow(TaskRecord record, @Nullable Beside beside, byte[] payload) {
    Batch batch = put(record, beside, payload, false);
    commit(batch);
    StoreException failed = batch.failure;
    return failed == null
        ? CompletableFuture.completedFuture(null)
        : CompletableFuture.failedFuture(failed);
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
      int size = Frames.MAX_MARK;
      for (byte[] body : bodies) {
        size += Frames.MAX_OVERHEAD + body.length;
      }
      batch.bytes.reserve(size);
      boolean first = mark(batch);
      for (byte[] body : bodies) {
        put(batch, body);
      }
      if (batch.bytes.position > MAX_WAITING_BYTES || (first && !wakeCommitter())) {
        batch.isUrgent = true;
      }
    } finally {
      appending.unlock();
    }
    if (batch.isUrgent) {
      commit(batch);
    }
  }

  /** All that was appended before is durable when the future completes. */
  CompletionStage<Void> flush() {
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
    Shape shape = Shape.of(record);
    appending.lock();
    try {
      checkAccepting(record.taskId());
      Batch batch = open;
      Integer known = shapes.number(shape);
      int number = known == null ? shapes.size() : known;
      byte[] newShape = known == null ? shape.encoded(number) : NONE;
      int content =
          beside == null ? payload.length : Bytes.sizeOfVarint(beside.size()) + SideFiles.HASH;
      int length = 1
          + Bytes.sizeOfVarint(number)
          + Bytes.sizeOfSigned(started)
          + Bytes.sizeOfSigned(elapsed)
          + Bytes.sizeOfVarint(id.length)
          + id.length
          + content;
      Bytes out = batch.bytes;
      out.reserve(Frames.MAX_MARK + 2 * Frames.MAX_OVERHEAD + newShape.length + length);
      // All that may throw is behind: half a frame would hide those after it.
      boolean first = mark(batch);
      batch.isAwaited = true;
      if (known == null) {
        put(batch, newShape);
        shapes.add(shape);
      }
      int start = begin(batch, length);
      out.putByte(beside == null ? Frames.RECORD : Frames.BESIDE);
      out.putVarint(number);
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
      if (out.position > MAX_WAITING_BYTES || (first && wake && !wakeCommitter())) {
        batch.isUrgent = true;
      }
      return batch;
    } finally {
      appending.unlock();
    }
  }

  /** Has a batch begin with a mark; answers whether it was empty. */
  private boolean mark(Batch batch) {
    boolean first = batch.isEmpty();
    if (first && synced && !endsWithMark) {
      putMark(batch, batches++);
    }
    endsWithMark = false;
    isUsed = true;
    return first;
  }

  private void put(Batch batch, byte[] body) {
    int start = begin(batch, body.length);
    batch.bytes.putBytes(body);
    end(batch, start, body.length);
  }

  private void checkAccepting(String taskId) {
    StoreException failed = failure;
    if (failed != null) {
      failureIsTold = true;
      throw new StoreException(
          "run '" + runId + "' takes no more records, so not that of task '" + taskId
              + "', since an earlier one could not be written: " + failed.getMessage(),
          failed);
    }
    if (closed) {
      throw new StoreException(
          "run '" + runId + "' is closed; open it again to save task '" + taskId + "'");
    }
  }

  private void putMark(Batch batch, long number) {
    int length = 1 + Long.BYTES + Bytes.sizeOfVarint(number);
    int start = begin(batch, length);
    batch.bytes.putByte(Frames.MARK);
    batch.bytes.putLong(header.salt());
    batch.bytes.putVarint(number);
    end(batch, start, length);
  }

  /** Begins a frame whose body has the given length; answers where in the batch. */
  private static int begin(Batch batch, int length) {
    Bytes out = batch.bytes;
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

  /** Under {@code appending}. False if there is none, and no thread to be had for one. */
  private boolean wakeCommitter() {
    if (committer == null) {
      try {
        Thread thread = new Thread(this::commitWhenFilled, "duraflow-journal");
        thread.setDaemon(true);
        thread.start();
        committer = thread;
      } catch (OutOfMemoryError e) {
        return false;
      }
    }
    filled.signal();
    return true;
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
    committing.lock();
    try {
      if (!batch.taken) {
        batch.taken = true;
        write(batch);
      }
    } finally {
      committing.unlock();
    }
    complete(batch);
  }

  private static void complete(Batch batch) {
    Batch before = batch.before;
    if (before != null) {
      complete(before);
      batch.before = null;
    }
    StoreException failed = batch.failure;
    if (failed == null) {
      batch.done.complete(null);
    } else {
      batch.done.completeExceptionally(failed);
    }
  }

  /** Under {@code committing}. */
  private void write(Batch batch) {
    try {
      appending.lock();
      try {
        Batch next = new Batch(batch.end(), spare);
        batch.before = last;
        last = batch;
        open = next;
      } finally {
        appending.unlock();
      }
      if (failure == null) {
        reserve(batch.end());
        file.write(batch.start, batch.bytes.array, 0, batch.bytes.position);
        if (synced) {
          file.force();
        }
        committedTo = batch.end();
      }
    } catch (Throwable e) {
      failure = new StoreException(
          "cannot write " + file + ", the journal of run '" + runId + "': "
              + (e instanceof IOException io ? FileStore.reason(io) : e)
              + "; mend the disk and open the run again",
          e);
    }
    batch.failure = failure;
    if (failure != null && batch.isAwaited) {
      failureIsTold = true;
    }
    spare = batch.bytes;
    spare.position = 0;
    shrinkBuffers();
  }

  /** Under {@code committing}. Lets go of what a burst has made large, as soon as nothing comes: the run may go on for days. */
  private void shrinkBuffers() {
    appending.lock();
    try {
      boolean isIdle = open.isEmpty();
      int most = isIdle ? MAX_IDLE_BYTES : MAX_WAITING_BYTES;
      if (spare.array.length > most) {
        spare.array = NONE;
      }
      if (isIdle && open.bytes.array.length > most) {
        open.bytes.array = NONE;
      }
    } finally {
      appending.unlock();
    }
  }

  /** How many bytes its buffers take. */
  int bufferSize() {
    committing.lock();
    appending.lock();
    try {
      return open.bytes.array.length + spare.array.length;
    } finally {
      appending.unlock();
      committing.unlock();
    }
  }

  /** Has space ready beyond what is about to be written. */
  private void reserve(long end) throws IOException {
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
      // Speed is all that is lost: what is to be kept may still fit, in space that the zeros must
      // not take away from it, and if
      // not, its own write says so.
      reservedTo = Long.MAX_VALUE;
      file.truncate(committedTo);
    }
  }

  /**
   * Commits what is there, says that it is durable, and gives back the space that was reserved and not used.
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
      if (failure == null) {
        putLastMark();
        if (file.size() > committedTo) {
          file.truncate(committedTo);
        }
      } else if (!failureIsTold) {
        throw new IOException(failure.getMessage(), failure);
      }
    } finally {
      committing.unlock();
      file.endWriting();
    }
  }

  /** Not synced: without it, less damage can be told from a write that was cut off, and nothing else is lost. */
  private void putLastMark() {
    if (synced && isUsed) {
      Batch end = new Batch(committedTo, new Bytes(Frames.MAX_MARK));
      putMark(end, batches);
      try {
        file.write(end.start, end.bytes.array, 0, end.bytes.position);
        committedTo = end.end();
      } catch (IOException e) {
        // The records do not depend on it.
      }
    }
  }
}
