package dev.duraflow.jdbc;

import dev.duraflow.error.StoreException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Commits what is to be saved in a run, in order, and together what came while the last commit was under way (group commit, as in
 * D. DeWitt et al., <i>Implementation techniques for main memory database systems</i>, 1984).
 *
 * <p>Savers put rows into the open batch under {@code appending}. Who commits takes {@code committing}, then takes the open batch
 * away under {@code appending} and leaves an empty one, has it written, lets {@code committing} go and completes the batch's
 * future. So there is one commit at a time, and savers fill the next batch meanwhile. Locks are taken in the order {@code
 * committing}, {@code appending}, and no future is completed under either. Who commits next may overtake on the way out, so each
 * completes the batch before its own first.
 *
 * <p>A saver that has nothing else to do commits itself, so that a lone chain of tasks does not hop between threads. The first of
 * those in a batch does it, and the others wait for the batch's future: if all took {@code committing}, one after the other, the next
 * commit would begin when the last of them has had it. All other batches are committed by a thread that the first of their savers
 * wakes.
 *
 * <p>A failed commit is final: whoever depends on what it held must not become durable before it. What was not written by then
 * fails, and so does all that comes later.
 */
final class CommitQueue {
  /** Savers that find more than this waiting to be written wait too. */
  private static final int MAX_WAITING_ROWS = 4_096;

  private static final long MAX_WAITING_BYTES = 4 << 20;

  private final String runId;
  private final Writing writing;

  private final ReentrantLock appending = new ReentrantLock();
  private final Condition filled = appending.newCondition();
  private Batch open = new Batch();
  private Batch last = new Batch();
  private @Nullable Thread committer;
  private boolean closed;

  private final ReentrantLock committing = new ReentrantLock();
  private volatile @Nullable StoreException failure;
  /** Some saver knows of the failure. */
  private volatile boolean failureIsTold;

  /** Writes a batch; when it returns all of it is durable, and when it throws nothing of it will be. */
  interface Writing {
    void write(Batch batch);
  }

  CommitQueue(String runId, Writing writing) {
    this.runId = runId;
    this.writing = writing;
    last.done.complete(null);
  }

  /** Adds a record; the future completes when it is durable. */
  CompletionStage<Void> add(RecordRow row) {
    Batch batch;
    appending.lock();
    try {
      batch = put(row);
      check(batch, batch.size() == 1);
    } finally {
      appending.unlock();
    }
    if (batch.isUrgent) {
      commit(batch);
    }
    return batch.done;
  }

  /** Adds a record and returns when it is committed, by this thread or by another; the future is complete. */
  CompletionStage<Void> addNow(RecordRow row) {
    Batch batch;
    boolean isLeader;
    appending.lock();
    try {
      batch = put(row);
      check(batch, false);
      isLeader = !batch.hasLeader;
      batch.hasLeader = true;
    } finally {
      appending.unlock();
    }
    if (isLeader || batch.isUrgent) {
      commit(batch);
    } else {
      Throwable unused = batch.done.handle((done, failed) -> failed).join();
    }
    return batch.done;
  }

  /** Under {@code appending}. */
  private Batch put(RecordRow row) {
    StoreException failed = failure;
    if (failed != null) {
      failureIsTold = true;
      throw failed;
    }
    if (closed) {
      throw new StoreException("run '" + runId + "' is closed; open it again to save task '"
          + Id.of(row.task.key(), row.task.full()) + "'");
    }
    open.add(row);
    open.isAwaited = true;
    return open;
  }

  /** Adds a note, which nobody waits for. */
  void add(NoteRow row) {
    Batch batch;
    appending.lock();
    try {
      if (failure != null || closed) {
        return;
      }
      batch = open;
      batch.add(row);
      check(batch, batch.size() == 1);
    } finally {
      appending.unlock();
    }
    if (batch.isUrgent) {
      commit(batch);
    }
  }

  /** Under {@code appending}. */
  private void check(Batch batch, boolean wakes) {
    if (batch.size() > MAX_WAITING_ROWS
        || batch.bytes() > MAX_WAITING_BYTES
        || (wakes && !wakeCommitter())) {
      batch.isUrgent = true;
    }
  }

  /** False if there is no thread to be had; whoever saves commits then. */
  private boolean wakeCommitter() {
    if (committer == null) {
      try {
        Thread thread = new Thread(this::commitWhenFilled, "duraflow-commit-" + runId);
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

  /** All that was added before is durable when the future completes. */
  CompletionStage<Void> flush() {
    appending.lock();
    try {
      return open.isEmpty() ? last.done : open.done;
    } finally {
      appending.unlock();
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
    appending.lock();
    try {
      batch.before = last;
      last = batch;
      open = new Batch();
    } finally {
      appending.unlock();
    }
    try {
      if (failure == null) {
        writing.write(batch);
      }
    } catch (StoreException e) {
      failure = e;
    } catch (Throwable e) {
      failure = new StoreException(
          "cannot save in run '" + runId + "': " + e + "; mend that and open the run again", e);
    }
    batch.failure = failure;
    if (failure != null && batch.isAwaited) {
      failureIsTold = true;
    }
  }

  /**
   * Takes nothing more and commits what is there.
   *
   * @throws StoreException if something was not written, and nobody has been told
   */
  void close() {
    Batch rest;
    appending.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      rest = open;
      filled.signal();
    } finally {
      appending.unlock();
    }
    if (!rest.isEmpty()) {
      commit(rest);
    }
    committing.lock(); // what is being written is written then
    try {
      StoreException failed = failure;
      if (failed != null && !failureIsTold) {
        throw failed;
      }
    } finally {
      committing.unlock();
    }
  }
}
