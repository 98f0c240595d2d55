package dev.duraflow;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Body0;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.engine.Durations;
import dev.duraflow.engine.Execution;
import dev.duraflow.engine.Limits;
import dev.duraflow.engine.Patience;
import dev.duraflow.engine.Records;
import dev.duraflow.engine.Settings;
import dev.duraflow.engine.Threads;
import dev.duraflow.event.Progress;
import dev.duraflow.event.RunListener;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.Durability;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.Store;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs DAGs and durably remembers every output, so that a run that was killed at any instant goes on where it stopped.
 *
 * <pre>{@code
 * try (Duraflow duraflow = Duraflow.open(Path.of("state"))) {
 *     Run run = duraflow.run(dag, "2001-q1");
 *     System.out.println(run.get(report));
 * }
 * }</pre>
 *
 * Thread-safe; one is enough for a process, and runs share its executor.
 */
public final class Duraflow implements AutoCloseable {
  private final @Nullable Store store;
  private final boolean ownsStore;
  private final Codec codec;
  private final Settings settings;
  private final Patience patience;
  private final Steps steps;
  private final @Nullable ShutdownHook shutdownHook;

  private Duraflow(Builder builder) {
    this.store = builder.store;
    this.ownsStore = builder.ownsStore;
    this.codec = builder.codec;
    Executor executor = builder.executor;
    ScheduledExecutorService scheduler = builder.scheduler;
    ScheduledExecutorService timer = scheduler != null ? scheduler : Threads.defaultScheduler();
    this.settings = new Settings(
        executor != null ? executor : Threads.defaultExecutor(),
        timer,
        new Limits(timer, builder.clock),
        builder.random,
        builder.maxConcurrency,
        builder.failurePolicy,
        builder.persistPolicy,
        builder.durability,
        builder.retry,
        builder.runTimeout,
        builder.gracePeriod,
        List.copyOf(builder.listeners),
        List.copyOf(builder.progress),
        builder.clock,
        builder.taskEngine);
    if (builder.taskEngine != null && !(store instanceof SharedStore)) {
      throw new IllegalArgumentException(
          "a task engine needs a store that its workers share, and this is "
              + (store == null ? "none" : store.getClass().getName())
              + "; open duraflow with a SharedStore");
    }
    this.patience = new Patience(builder.waitForRun);
    this.steps = new Steps(this::records, settings.clock());
    this.shutdownHook = builder.cancelOnShutdown
        ? ShutdownHook.in(Runtime.getRuntime(), builder.gracePeriod)
        : null;
  }

  /** Opens the store in a directory, which is created if it is missing, with default settings. */
  public static Duraflow open(Path directory) {
    return builder().store(directory).build();
  }

  /** Runs DAGs in memory: nothing is recorded or reused, and output types need not be known. */
  public static Duraflow withoutStore() {
    return builder().build();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** {@link #run(Dag, String)} with the DAG's name as run id. */
  public Run run(Dag dag) {
    return run(dag, dag.name());
  }

  /**
   * Runs a DAG and waits for its end; the calling thread works too. What an earlier process finished under this run id is
   * reused, and its bodies are not called.
   *
   * <p>An interrupt of the calling thread cancels the run, and is still set when this throws.
   *
   * @throws dev.duraflow.error.RunFailedException if tasks failed; what finished stays finished
   * @throws dev.duraflow.error.RunCancelledException if the run was cancelled
   * @throws dev.duraflow.error.RunLostException if the store is shared and has given the run to another process meanwhile
   * @throws dev.duraflow.error.RunLockedException if another process, or another run in this one, has the run id, and has it
   *     still after as long as {@link Builder#waitForRun} says
   * @throws dev.duraflow.error.InvalidDagException if an output type cannot be read off its body
   * @throws dev.duraflow.error.TypeMismatchException if a record has another type than its task; nothing has run then
   * @throws dev.duraflow.error.StoreException if the store cannot be read
   */
  public Run run(Dag dag, String runId) {
    Prepared prepared = prepare(dag, runId);
    prepared.execution.run();
    prepared.execution.throwIfNotSucceeded();
    return prepared.run;
  }

  /** {@link #start(Dag, String)} with the DAG's name as run id. */
  public Run start(Dag dag) {
    return start(dag, dag.name());
  }

  /**
   * Starts a run on the executor and returns at once; it throws what {@link #run(Dag, String)} throws before anything runs,
   * and {@link Run#await()} the rest.
   */
  public Run start(Dag dag, String runId) {
    Prepared prepared = prepare(dag, runId);
    prepared.execution.start();
    return prepared.run;
  }

  private record Prepared(Run run, Execution execution) {}

  private Prepared prepare(Dag dag, String runId) {
    if (runId.isEmpty()) {
      throw new IllegalArgumentException("a run id must not be empty");
    }
    Records records = store == null ? null : records(runId);
    try {
      Durations durations = store == null ? Durations.unknown() : Durations.of(store, dag.name());
      Execution execution = new Execution(dag, runId, settings, records, durations);
      if (shutdownHook != null) {
        shutdownHook.add(execution);
      }
      return new Prepared(new Run(dag, execution, records), execution);
    } catch (Throwable t) {
      if (records != null) {
        records.close();
      }
      throw t;
    }
  }

  private Records records(String runId) {
    if (store == null) {
      throw new IllegalStateException(
          "there is no store to keep anything in; open one with Duraflow.open(directory)");
    }
    return new Records(runId, patience.open(store, runId, settings.durability()), codec);
  }

  /**
   * A durable call outside any DAG: the recorded value if there is one, else the body's value once it is durable. Two threads
   * that ask for the same step at once get one value, computed once. Steps live in the run {@value Steps#RUN_ID}, which the
   * first call takes and {@link #close()} gives up.
   *
   * @throws dev.duraflow.error.PersistException if the value could not be recorded
   * @throws Exception what the body throws; nothing is recorded then
   */
  public <T extends @Nullable Object> T step(String id, Body0<T> body) throws Exception {
    return steps.step(Dag.named(Steps.RUN_ID).task(id, body));
  }

  /** Like {@link #step(String, Body0)}, for a lambda whose type is generic. */
  public <T extends @Nullable Object> T step(String id, TypeRef<T> type, Body0<T> body)
      throws Exception {
    Task<T> task = Dag.named(Steps.RUN_ID).task(id, body);
    return steps.step(task.returns(type));
  }

  /** Gives up the steps' run and closes the store that {@link #open} opened. Runs are to be awaited or cancelled first. */
  @Override
  public void close() {
    if (shutdownHook != null) {
      shutdownHook.close();
    }
    try {
      steps.close();
    } finally {
      if (ownsStore && store != null) {
        store.close();
      }
    }
  }

  /** What may be set; every setting has a default. */
  public static final class Builder {
    private @Nullable Store store;
    private boolean ownsStore;
    private Codec codec = Codec.json();
    private @Nullable Executor executor;
    private int maxConcurrency = Threads.defaultConcurrency();
    private PersistPolicy persistPolicy = PersistPolicy.REQUIRED;
    private Durability durability = Durability.STRICT;
    private FailurePolicy failurePolicy = FailurePolicy.FAIL_FAST;
    private final List<RunListener> listeners = new ArrayList<>();
    private final List<Consumer<Progress>> progress = new ArrayList<>();
    private Clock clock = Clock.systemUTC();
    private Duration waitForRun = Duration.ZERO;
    private @Nullable ScheduledExecutorService scheduler;
    private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    private Retry retry = Retry.never();
    private @Nullable Duration runTimeout;
    private Duration gracePeriod = Duration.ofSeconds(30);
    private boolean cancelOnShutdown;
    private @Nullable TaskEngine taskEngine;

    private Builder() {}

    /** Where records live; without one nothing is recorded. It is the caller's to close. */
    public Builder store(Store store) {
      this.store = store;
      this.ownsStore = false;
      return this;
    }

    /**
     * Keeps records in a {@linkplain Store#journal journal} a run below this directory, which is created if it is missing;
     * {@link #close()} closes the store.
     */
    public Builder store(Path directory) {
      this.store = Store.journal(directory);
      this.ownsStore = true;
      return this;
    }

    /** How outputs are encoded; JSON by default. */
    public Builder codec(Codec codec) {
      this.codec = codec;
      return this;
    }

    /** The threads that help the calling one; virtual threads by default, or a pool of platform threads before Java 21. */
    public Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    /**
     * The most bodies of one run that are in flight at once; 1,000 by default, or 64 before Java 21. With 1, {@code run} calls
     * all bodies in the calling thread, in an order that depends on the DAG alone.
     */
    public Builder maxConcurrency(int maxConcurrency) {
      if (maxConcurrency < 1) {
        throw new IllegalArgumentException("maxConcurrency must be >= 1: " + maxConcurrency);
      }
      this.maxConcurrency = maxConcurrency;
      return this;
    }

    /** What becomes of tasks whose output cannot be persisted; {@link PersistPolicy#REQUIRED} by default. */
    public Builder persistPolicy(PersistPolicy persistPolicy) {
      this.persistPolicy = persistPolicy;
      return this;
    }

    /** What runs survive, and what their tasks wait for; {@link Durability#STRICT} by default. */
    public Builder durability(Durability durability) {
      this.durability = durability;
      return this;
    }

    /**
     * How long to wait for a run that somebody else has before a {@link dev.duraflow.error.RunLockedException} says who; not
     * at all by default. The thread that asks for the run waits, in {@code start} as well. An interrupt ends the wait with that
     * exception, and is still set then.
     */
    public Builder waitForRun(Duration limit) {
      if (limit.isNegative()) {
        throw new IllegalArgumentException("waitForRun must not be negative: " + limit);
      }
      this.waitForRun = limit;
      return this;
    }

    /** What happens when a task fails; {@link FailurePolicy#FAIL_FAST} by default. */
    public Builder failurePolicy(FailurePolicy failurePolicy) {
      this.failurePolicy = failurePolicy;
      return this;
    }

    /** What happens when attempts fail at tasks that do not say themselves, in DAGs that do not either; one attempt by default. */
    public Builder retry(Retry retry) {
      this.retry = retry;
      return this;
    }

    /** Cancels a run that takes longer; it can be resumed like any other. By default a run takes as long as it wants. */
    public Builder runTimeout(Duration limit) {
      if (limit.isNegative() || limit.isZero()) {
        throw new IllegalArgumentException("runTimeout must be longer than nothing: " + limit);
      }
      this.runTimeout = limit;
      return this;
    }

    /**
     * How long a body that was interrupted, at its timeout or since its run is stopping, has to come back; 30 s by default. Then it is
     * named and left behind in its thread, and the run goes on, or ends, without it. What it returns later is dropped, and what
     * it does to the outside world later is not undone. The thread in {@code run()} cannot be left behind: {@code run()} returns
     * after its body has.
     */
    public Builder gracePeriod(Duration gracePeriod) {
      if (gracePeriod.isNegative()) {
        throw new IllegalArgumentException("gracePeriod must not be negative: " + gracePeriod);
      }
      this.gracePeriod = gracePeriod;
      return this;
    }

    /**
     * Cancels the runs that are under way when the JVM is shut down, by SIGTERM for instance, and lets it wait for their end, for the
     * grace period at most. Without this a run just stops, and is resumed like one that was killed.
     */
    public Builder cancelOnShutdown() {
      this.cancelOnShutdown = true;
      return this;
    }

    /**
     * Wakes what waits for a time: retries, timeouts, limits. By default a daemon thread that is there while something waits. No
     * body runs in it, unless the executor runs things in the thread that asks.
     */
    public Builder scheduler(ScheduledExecutorService scheduler) {
      this.scheduler = scheduler;
      return this;
    }

    /** The source of randomness, from 0 to 1, for the jitter of retries; asked by many threads. */
    public Builder random(DoubleSupplier random) {
      this.random = random;
      return this;
    }

    /**
     * Calls the bodies of tasks in other processes, of DAGs that a {@link dev.duraflow.remote.DagFactory} made; other DAGs run here.
     * It takes a {@link SharedStore}. What gives the keys of a map or the DAG of an expansion runs here in any case, and so do tasks
     * that are {@link Task#local()}. At most {@link #maxConcurrency} bodies of one run are in flight elsewhere. Their progress is
     * told there. The engine is the caller's to close.
     */
    public Builder taskEngine(TaskEngine taskEngine) {
      this.taskEngine = taskEngine;
      return this;
    }

    /** Adds a listener to all events of all runs. */
    public Builder listener(RunListener listener) {
      listeners.add(listener);
      return this;
    }

    /** Adds a listener to the completion of tasks, which is called by one thread at a time for each run. */
    public Builder onProgress(Consumer<Progress> listener) {
      progress.add(listener);
      return this;
    }

    /** The source of time; the system's clock by default. */
    public Builder clock(Clock clock) {
      this.clock = clock;
      return this;
    }

    public Duraflow build() {
      return new Duraflow(this);
    }
  }
}
