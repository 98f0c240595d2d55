package dev.duraflow.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Does something with what many threads hand over, in one thread and with all that is there at a time: for a database one
 * statement is enough then. Whoever hands over waits for nothing. Thread-safe.
 *
 * <p>What is handed over is in the queue before the thread is asked to look, and each look takes all; so nothing is left behind.
 * The thread is there when there is something to do. What a database that may soon be there again did not take is kept for {@link
 * #again()}.
 */
final class Batches<T> implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.duraflow.cluster");
  private static final int MOST = 1_000;
  /** Waited for others when the last batch was of more than one: then more are about to come. */
  private static final long LINGER_NANOS = 500_000;

  private static final int SECONDS_TO_END = 10;

  private final String name;
  private final Consumer<List<T>> work;
  private final Queue<T> waiting = new ConcurrentLinkedQueue<>();
  private final Queue<T> kept = new ConcurrentLinkedQueue<>();
  private final ThreadPoolExecutor thread;
  private volatile boolean busy;

  /** @param work what it throws is logged */
  Batches(String name, Consumer<List<T>> work) {
    this.name = name;
    this.work = work;
    this.thread = new ThreadPoolExecutor(
        1,
        1,
        5,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread made = new Thread(task, name);
          made.setDaemon(true);
          return made;
        },
        new ThreadPoolExecutor.DiscardPolicy()); // when it is closed, which looks once more
    thread.allowCoreThreadTimeOut(true);
  }

  void add(T one) {
    waiting.add(one);
    thread.execute(this::work);
  }

  /** Hands over anew what has been kept until now. */
  void again() {
    for (int left = kept.size(); left > 0; left--) {
      T one = kept.poll();
      if (one != null) {
        add(one);
      }
    }
  }

  private void work() {
    if (waiting.isEmpty()) {
      return;
    }
    if (busy) {
      LockSupport.parkNanos(this, LINGER_NANOS);
    }
    List<T> batch = new ArrayList<>();
    for (T next = waiting.poll(); next != null; next = waiting.poll()) {
      batch.add(next);
      if (batch.size() == MOST) {
        workOn(batch);
        batch = new ArrayList<>();
      }
    }
    busy = batch.size() > 1;
    if (!batch.isEmpty()) {
      workOn(batch);
    }
  }

  private void workOn(List<T> batch) {
    try {
      work.accept(batch);
    } catch (Throwable e) { // the thread is there for the next batch
      if (Tables.isPassing(e)) {
        kept.addAll(batch);
        LOG.log(
            System.Logger.Level.WARNING,
            name + ": the database takes nothing now; " + batch.size() + " wait for the next sweep",
            e);
      } else {
        LOG.log(System.Logger.Level.WARNING, name + " came to nothing for " + batch.size(), e);
      }
    }
  }

  /** Does what is there already, unless that takes very long; what is added later may be left. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(SECONDS_TO_END, TimeUnit.SECONDS)) {
        LOG.log(System.Logger.Level.WARNING, name + " does not end; it is left behind");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    work();
  }
}
