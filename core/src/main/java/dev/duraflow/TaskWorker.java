package dev.duraflow;

import dev.duraflow.codec.Codec;
import dev.duraflow.engine.Guests;
import dev.duraflow.engine.Performance;
import dev.duraflow.engine.Threads;
import dev.duraflow.error.PlacementException;
import dev.duraflow.event.RunListener;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.SharedStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Performs tasks of runs that belong to other processes: the half of a {@link TaskEngine} that is where the bodies run. It declares
 * the DAG again, reads the task's inputs from the store that all share, calls the body, and has the output recorded there, unless
 * the task has a record already or the run another owner by then. A body sees the same {@code TaskContext} as at home.
 *
 * <p>Thread-safe; one is enough for a process. An engine's adapter brings the threads.
 */
public final class TaskWorker implements AutoCloseable {
  private final Guests guests;
  private final Clock clock;
  private final Executor executor;
  private final List<RunListener> listeners;
  private final ConcurrentMap<Invocation, Performance> underWay = new ConcurrentHashMap<>();

  private TaskWorker(Builder builder) {
    this.guests = new Guests(builder.store, builder.factories, builder.codec, builder.clock);
    this.clock = builder.clock;
    Executor given = builder.executor;
    this.executor = given != null ? given : Threads.defaultExecutor();
    this.listeners = List.copyOf(builder.listeners);
  }

  /** A worker with default settings for tasks of the DAGs of these factories, and of no others. */
  public static TaskWorker on(SharedStore store, DagFactories factories) {
    return builder(store, factories).build();
  }

  public static Builder builder(SharedStore store, DagFactories factories) {
    return new Builder(store, factories);
  }

  /**
   * Performs an invocation in the calling thread. If another thread is performing the same one, waits for that; if the task has a
   * record, does nothing. An interrupt of the calling thread reaches the body.
   *
   * @throws dev.duraflow.error.RemoteTaskException if the body failed, or returned what cannot be recorded
   * @throws PlacementException if nothing came of it for another reason: the DAG is unknown here or another one, the store failed,
   *     the run has another owner, or it was cancelled
   */
  public void perform(Invocation invocation) {
    Performance own = new Performance(invocation, clock, executor, listeners);
    Performance other = underWay.putIfAbsent(invocation, own);
    if (other != null) {
      other.await();
      return;
    }
    try {
      guests.perform(invocation, own);
    } finally {
      underWay.remove(invocation, own);
    }
  }

  /** Interrupts the body of an invocation, if it is being performed here, and does not record its output; says whether it is. */
  public boolean cancel(Invocation invocation) {
    Performance performance = underWay.get(invocation);
    if (performance != null) {
      performance.cancel();
    }
    return performance != null;
  }

  /**
   * An engine whose only worker is this one, in this process: for tests, and as an example of how an engine behaves. Bodies are
   * called by the threads of {@code executor}.
   */
  public TaskEngine inProcess(Executor executor) {
    return new InProcessEngine(this, executor);
  }

  /** Leaves the runs that it has joined. What it performs is to be awaited or cancelled first. */
  @Override
  public void close() {
    guests.close();
  }

  /** What may be set; store and factories must be. */
  public static final class Builder {
    private final SharedStore store;
    private final DagFactories factories;
    private Codec codec = Codec.json();
    private Clock clock = Clock.systemUTC();
    private @Nullable Executor executor;
    private final List<RunListener> listeners = new ArrayList<>();

    private Builder(SharedStore store, DagFactories factories) {
      this.store = store;
      this.factories = factories;
    }

    /** How outputs are encoded, as by those whose runs they belong to; JSON by default. */
    public Builder codec(Codec codec) {
      this.codec = codec;
      return this;
    }

    /** The source of time; the system's clock by default. */
    public Builder clock(Clock clock) {
      this.clock = clock;
      return this;
    }

    /** What bodies get as their context's executor; virtual threads by default, or a pool of platform threads before Java 21. */
    public Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    /** Adds a listener to what bodies tell of their progress, here where they run. */
    public Builder listener(RunListener listener) {
      listeners.add(listener);
      return this;
    }

    public TaskWorker build() {
      return new TaskWorker(this);
    }
  }
}
