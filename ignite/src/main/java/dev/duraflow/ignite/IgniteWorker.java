package dev.duraflow.ignite;

import dev.duraflow.TaskWorker;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.remote.Invocation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ignite.Ignite;
import org.jspecify.annotations.Nullable;

/**
 * Performs what {@linkplain IgniteEngine engines} in other processes have submitted, in a server node of Ignite and in threads of
 * its own, so that a body that blocks holds up none of Ignite's. A node has one worker at most, and nodes without one are given
 * nothing:
 *
 * {@snippet :
 * try (Ignite ignite = Ignition.start(configuration);
 *     TaskWorker tasks = TaskWorker.on(store, DagFactories.of(Pages.FACTORY));
 *     IgniteWorker worker = IgniteWorker.start(ignite, tasks)) {
 *   new CountDownLatch(1).await(); // until the process is ended
 * }
 * }
 *
 * <p>Ignite notices when its node dies, and others then perform its invocations anew. What it does after that, if it lives on,
 * counts only if it is recorded first. Thread-safe.
 */
public final class IgniteWorker implements AutoCloseable {
  private static final String KEY = IgniteWorker.class.getName();
  private static final int SECONDS_TO_HEED_AN_INTERRUPT = 1;

  /** What its node has besides; this is how jobs find it. */
  private final ConcurrentMap<String, IgniteWorker> node;

  private final TaskWorker tasks;
  private final IgniteSettings settings;
  private final ThreadPoolExecutor threads;
  private final ConcurrentMap<Invocation, Performing> performing = new ConcurrentHashMap<>();
  private volatile boolean closing;

  /** Starts a worker with default settings. */
  public static IgniteWorker start(Ignite ignite, TaskWorker tasks) {
    return start(ignite, tasks, IgniteSettings.defaults());
  }

  /**
   * Starts a worker.
   *
   * @param ignite a server node; it is the caller's to close, after this worker
   * @param tasks what performs tasks; it is the caller's to close, after this worker
   * @throws IllegalArgumentException if the node is a client node
   * @throws IllegalStateException if the node has a worker
   */
  public static IgniteWorker start(Ignite ignite, TaskWorker tasks, IgniteSettings settings) {
    if (ignite.cluster().localNode().isClient()) {
      throw new IllegalArgumentException(
          "only a server node can have a worker, and this is a client node: " + ignite.name());
    }
    IgniteWorker worker = new IgniteWorker(ignite.cluster().nodeLocalMap(), tasks, settings);
    if (worker.node.putIfAbsent(KEY, worker) != null) {
      worker.threads.shutdown();
      throw new IllegalStateException(
          "this node has a worker; close that one first, or give it more threads");
    }
    return worker;
  }

  /** The one of a node. */
  static @Nullable IgniteWorker of(Ignite ignite) {
    return ignite.cluster().<String, IgniteWorker>nodeLocalMap().get(KEY);
  }

  private IgniteWorker(
      ConcurrentMap<String, IgniteWorker> node, TaskWorker tasks, IgniteSettings settings) {
    this.node = node;
    this.tasks = tasks;
    this.settings = settings;
    AtomicInteger number = new AtomicInteger();
    this.threads = new ThreadPoolExecutor(
        settings.threads(),
        settings.threads(),
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = new Thread(task, "duraflow-worker-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Several engines, or one that asks again after it lost its connection, share one of these. */
  private final class Performing extends FutureTask<Answer> {
    final Invocation invocation;
    final CompletableFuture<Answer> answer = new CompletableFuture<>();

    Performing(Invocation invocation) {
      super(() -> performNow(invocation));
      this.invocation = invocation;
    }

    @Override
    protected void done() {
      end(isCancelled() ? Answer.refused("the run gave it up") : resultNow(this));
    }

    void end(Answer given) {
      performing.remove(invocation, this);
      answer.complete(given);
    }
  }

  private static Answer resultNow(FutureTask<Answer> ended) {
    try {
      return ended.get();
    } catch (InterruptedException e) {
      throw new AssertionError("it has ended", e);
    } catch (ExecutionException e) {
      return Answer.refused(String.valueOf(e.getCause()));
    }
  }

  private Answer performNow(Invocation invocation) {
    try {
      tasks.perform(invocation);
      return Answer.done();
    } catch (RemoteTaskException | PlacementException e) {
      if (closing) { // perhaps it failed of being interrupted, so others are to try
        return closed();
      }
      return e instanceof RemoteTaskException body
          ? Answer.failed(body)
          : Answer.refused(((PlacementException) e).reason());
    }
  }

  private static Answer closed() {
    return Answer.elsewhere("its worker was closed");
  }

  /** How many bodies may be called here at once. */
  int threads() {
    return closing ? 0 : settings.threads();
  }

  /** Begins to perform an invocation, unless that is under way; the stage completes normally in any case. */
  CompletionStage<Answer> perform(Invocation invocation) {
    Performing own = new Performing(invocation);
    Performing other = performing.putIfAbsent(invocation, own);
    if (other != null) {
      return other.answer;
    }
    try {
      threads.execute(own);
    } catch (RejectedExecutionException e) {
      own.end(closed());
    }
    return own.answer;
  }

  /** Does not begin to perform it, or interrupts the body. */
  void giveUp(Invocation invocation) {
    Performing known = performing.get(invocation);
    if (known != null && !tasks.cancel(invocation)) {
      known.cancel(true); // it has not begun, or is just about to
    }
  }

  /**
   * Takes nothing new, waits for the bodies that run for as long as the settings say, and then interrupts them and leaves them to
   * other workers.
   */
  @Override
  public void close() {
    closing = true;
    threads.shutdown();
    List<Runnable> notBegun = new ArrayList<>();
    threads.getQueue().drainTo(notBegun);
    notBegun.forEach(one -> ((Performing) one).end(closed()));
    if (!awaitThreads(settings.shutdown().toNanos(), TimeUnit.NANOSECONDS)) {
      threads.shutdownNow();
      awaitThreads(SECONDS_TO_HEED_AN_INTERRUPT, TimeUnit.SECONDS);
    }
    performing.values().forEach(one -> one.end(closed()));
    node.remove(KEY, this);
  }

  private boolean awaitThreads(long time, TimeUnit unit) {
    try {
      return threads.awaitTermination(time, unit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
