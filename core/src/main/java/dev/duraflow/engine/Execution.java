package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.PersistException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Durability;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskGraph;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One run of a DAG: its ready tasks, the workers on it, and how it ends.
 *
 * <p><b>Work.</b> Ready tasks lie in {@link Ready}. A {@link Worker} of the {@link Crew} takes one, runs it, settles it, goes on
 * with one successor that became ready by it, and pushes the others.
 *
 * <p><b>The end</b> is found by counting tokens. Each entry of the stack, each worker at work, each save under way, each task
 * that {@linkplain Waiting waits} for a time or for {@linkplain Limits permits}, and each that is {@linkplain Placement placed}
 * elsewhere holds at least one; only who holds one can make another. Who gives back the last one ends the run: nothing is left that could go on.
 * A stop ({@link #cancel}, or a failure under {@code FAIL_FAST}) lets workers drain the stack without running what they take, and
 * gives up what waits.
 *
 * <p><b>A body that does not come back</b> after it was interrupted is left behind when the grace period is over: by the {@linkplain
 * InterruptGate gate} somebody else takes over what its worker had in hand, tokens and all, and the worker, once its thread comes
 * back, goes without touching anything. A worker whose gate is open between bodies too cannot be taken over from, since nobody can
 * tell whether it is in a body; it has no store and no listeners then, and the run is stopping, so the run just ends.
 */
public final class Execution implements Surroundings {
  /** Instead of the number of tokens, when a run has ended without waiting for them all. */
  private static final long ENDED = Long.MIN_VALUE / 2;

  private final String runId;
  private final Settings settings;
  final @Nullable Records records;
  final Signals signals;
  final Attempts attempts;
  final TaskSteps steps;
  final Waiting waiting;
  final Frame root;
  final Durations durations;
  final @Nullable Order order;
  final Ready ready;
  /** Null if all bodies are called here. */
  final @Nullable Placement placement;

  private final AtomicLong tokens = new AtomicLong(1);
  final Crew crew;
  private final CountDownLatch finished = new CountDownLatch(1);
  private final boolean flightRecorded = FlightRecording.isOn();

  private final AtomicInteger total;
  private final AtomicInteger reused = new AtomicInteger();
  private final AtomicInteger mostSeenCompleted = new AtomicInteger();
  /** How many tasks have no output, and that is handled. */
  private final AtomicInteger excused = new AtomicInteger();

  private final Queue<TaskFailure> failures = new ConcurrentLinkedQueue<>();

  private volatile RunState state = RunState.RUNNING;
  /** Null while the run goes on; else how it will end. */
  private volatile @Nullable RunState stop;

  /** Why it was cancelled, if there is more to say. */
  private volatile String why = "";

  private volatile boolean blocked;
  private @Nullable RuntimeException closeFailure;
  private final Queue<String> abandoned = new ConcurrentLinkedQueue<>();
  private final Queue<Future<?>> alarms = new ConcurrentLinkedQueue<>();

  /**
   * Decides what is finished already.
   *
   * @throws dev.duraflow.error.TypeMismatchException if a record does not fit its task
   * @throws dev.duraflow.error.InvalidDagException if there is a store and an output type cannot be read
   */
  public Execution(
      Dag dag, String runId, Settings settings, @Nullable Records records, Durations durations) {
    this(dag, runId, settings, records, durations, Crew.SPINS);
  }

  /** @param spins how often a thread without work looks for some before it parks or goes */
  Execution(
      Dag dag,
      String runId,
      Settings settings,
      @Nullable Records records,
      Durations durations,
      int spins) {
    this.runId = runId;
    this.settings = settings;
    this.records = records;
    this.durations = durations;
    this.total = new AtomicInteger(dag.size());
    this.signals = new Signals(runId, settings, total);
    boolean hasTinyTasks = records == null && !signals.isObserved();
    Graph graph = Graph.of(dag);
    this.order = Order.of(graph, durations, settings.maxConcurrency(), hasTinyTasks);
    this.root = new Frame(graph, null, records, order, false);
    this.ready = order == null ? new ReadyStack() : new ReadyHeap(order);
    this.attempts = new Attempts(records);
    this.steps = new TaskSteps(records, settings.clock());
    this.crew = new Crew(this, settings.executor(), spins, hasTinyTasks);
    this.waiting = new Waiting(this, settings.scheduler());
    settings.limits().register(root.graph);
    this.placement = records == null || settings.taskEngine() == null
        ? null
        : dag.origin()
            .map(origin -> new Placement(this, settings, records, dag, origin))
            .orElse(null);
  }

  @Override
  public String runId() {
    return runId;
  }

  public RunState state() {
    return state;
  }

  public int total() {
    return total.get();
  }

  public int reused() {
    return reused.get();
  }

  /** How many tasks have an output; it does not fall. */
  public int completed() {
    return mostSeenCompleted.accumulateAndGet(reused.get() + crew.ran(), Math::max);
  }

  public List<TaskFailure> failures() {
    return List.copyOf(failures);
  }

  /** Whether a task of the run's DAG has an output. */
  public boolean hasOutput(Task<?> task) {
    return root.hasOutput(task.ordinal());
  }

  /** The output of a task of the run's DAG. */
  public @Nullable Object output(Task<?> task) {
    return root.output(task.ordinal());
  }

  /** Runs in the calling thread, with the help of others; returns when the run has ended, whichever way. */
  public void run() {
    crew.beginWithCaller(settings.maxConcurrency());
    begin();
    if (crew.workAsCaller()) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs on the executor; returns at once. */
  public void start() {
    crew.beginEmpty(settings.maxConcurrency());
    begin();
    crew.summon();
  }

  private void begin() {
    try {
      if (records != null) {
        records.note(() -> RunNote.Began.here(TaskGraph.of(root.graph.dag), now()));
        // Not in the store's thread: others' runs may wait for that, and this one may come to its
        // end here.
        records.stopRequested().whenCompleteAsync(this::stopAsAsked, settings.scheduler());
      }
      Duration limit = settings.runTimeout();
      if (limit != null) {
        alarm(limit, () -> cancel("at its time limit of " + limit.toMillis() / 1e3 + " s"));
      }
      signals.runStarted(root.size());
      add(root);
    } catch (Throwable t) {
      stop(RunState.FAILED);
      returnTokens(1);
      throw t;
    }
    Ready.Chain first = root.begin();
    if (first == null) {
      returnTokens(1);
      return;
    }
    addTokens(first.size() - 1);
    ready.push(first.first(), first.last());
  }

  /** Counts the tasks of a frame that is about to begin, and among them those that are finished already. */
  void add(Frame frame) {
    if (frame != root) {
      total.addAndGet(frame.size());
    }
    excused.addAndGet(frame.excused());
    if (order != null) {
      frame.addWork(order);
    }
    int finished = frame.reused();
    if (finished == 0) {
      return;
    }
    reused.addAndGet(finished);
    for (int i = 0; i < frame.size(); i++) {
      Task<?> task = frame.graph.tasks[i];
      if (frame.hasOutput(i)) {
        if (task instanceof MapTask<?, ?> map) {
          addElements(map);
        }
        signals.reused(task.id());
      }
    }
  }

  /** The elements of a map that is finished as a whole: no frame runs them. */
  private void addElements(MapTask<?, ?> map) {
    List<String> keys = records == null ? List.of() : records.keys(map).orElse(List.of());
    total.addAndGet(keys.size());
    reused.addAndGet(keys.size());
    keys.forEach(key -> signals.reused(map.elementId(key)));
  }

  /** Waits for the end; false if it has not come in time. */
  public boolean await(Duration limit) throws InterruptedException {
    return finished.await(TimeUnit.MILLISECONDS.convert(limit), TimeUnit.MILLISECONDS);
  }

  public void await() throws InterruptedException {
    finished.await();
  }

  /** Throws what a run that has ended badly owes its caller. */
  public void throwIfNotSucceeded() {
    RuntimeException notClosed = closeFailure;
    RuntimeException bad = state == RunState.FAILED
        ? failure()
        : state == RunState.CANCELLED
            ? new RunCancelledException(runId, why, completed(), total(), List.copyOf(abandoned))
            : notClosed;
    if (bad != null) {
      if (notClosed != null && bad != notClosed) {
        bad.addSuppressed(notClosed);
      }
      throw bad;
    }
  }

  /** That the run is another's now explains all other failures, and calls for something else to be done. */
  private RuntimeException failure() {
    RuntimeException lost = records == null ? null : records.lost();
    return lost != null ? lost : new RunFailedException(runId, failures());
  }

  /** The store wants the run to stop: somebody asked for it, or this process has lost it. */
  private void stopAsAsked(@Nullable String whoAsked, @Nullable Throwable lost) {
    if (lost == null) {
      cancel("by " + whoAsked);
    } else {
      signals.lost(lost);
      stop(RunState.FAILED);
      clearAway();
    }
  }

  /** Starts nothing new and interrupts what runs. */
  public void cancel() {
    cancel("");
  }

  /** The same for a reason, which {@link RunCancelledException} tells. */
  public void cancel(String reason) {
    synchronized (this) {
      if (stop == null) {
        why = reason;
      }
    }
    stop(RunState.CANCELLED);
    clearAway();
  }

  /** False if the run is stopping already. */
  private boolean stop(RunState how) {
    synchronized (this) {
      if (stop != null) {
        return false;
      }
      stop = how;
      for (Worker worker : crew.atWork()) {
        worker.interrupt();
      }
    }
    try {
      alarm(settings.gracePeriod(), this::abandonOverdue);
    } catch (Throwable refusal) { // of the scheduler
      signals.notAbandoned(refusal); // then it waits for them, as long as it takes
    }
    waiting.clear();
    settings.limits().clear(this);
    if (placement != null) {
      placement.clear();
    }
    return true;
  }

  /** Has something done later, unless the run has ended by then. */
  private void alarm(Duration delay, Runnable action) {
    Future<?> alarm = after(delay, action);
    alarms.add(alarm);
    if (state != RunState.RUNNING) {
      alarm.cancel(false);
    }
  }

  /** Has something done in the scheduler's thread. */
  Future<?> after(Duration delay, Runnable action) {
    return settings
        .scheduler()
        .schedule(action, TimeUnit.NANOSECONDS.convert(delay), TimeUnit.NANOSECONDS);
  }

  // ---- bodies that do not come back

  /** A body has been interrupted since its time is over; the grace period begins. */
  void abandonLater(Worker worker, long opening) {
    alarm(settings.gracePeriod(), () -> abandon(worker, opening));
  }

  /** The grace period after a stop is over. */
  private void abandonOverdue() {
    boolean isOver = false;
    for (Worker worker : crew.atWork()) {
      long opening = worker.overdue();
      if (opening != 0 && worker.staysOpen()) {
        reportAbandoned(worker.taskId(), worker.calledAt());
        isOver = true;
      } else if (opening != 0) {
        abandon(worker, opening);
      }
    }
    // What those have in hand is theirs. But the run is stopping, with nobody to tell and nothing
    // to store, so it can end as it is.
    if (isOver && tokens.getAndSet(ENDED) > 0) {
      finish();
    }
  }

  /** @param calledAt when the body was called, if a clock was asked */
  void reportAbandoned(String taskId, @Nullable Instant calledAt) {
    abandoned.add(taskId);
    signals.abandoned(
        taskId,
        calledAt == null || calledAt.equals(Instant.EPOCH)
            ? settings.gracePeriod()
            : Duration.between(calledAt, now()));
  }

  /** Goes on without a thread that does not come back; once it does, it finds nothing in hand. */
  private void abandon(Worker stuck, long opening) {
    Worker successor = new Worker(this, Thread.currentThread());
    if (!successor.takeOver(stuck, opening)) {
      return;
    }
    crew.giveUp(stuck);
    reportAbandoned(successor.taskId(), successor.calledAt());
    goOn(successor, successor::goOnWithoutBody);
    summon(); // there is room in the crew
  }

  private void goOn(Worker worker, Runnable work) {
    try {
      work.run();
    } catch (Throwable t) {
      breakOff(worker, t);
    } finally {
      if (isStopping()) {
        worker.clearAway();
      }
      crew.countRan(worker);
      returnTokens(worker.takeTokens());
    }
  }

  @Override
  public boolean isStopping() {
    return stop != null;
  }

  @Override
  public int attempt(String taskId) {
    return attempts.next(taskId);
  }

  @Override
  public TaskSteps steps() {
    return steps;
  }

  @Override
  public void progressed(String taskId, double fraction, String message) {
    signals.progressed(taskId, fraction, message);
  }

  /** Whether any task has no output for good, so that dependents must be checked before they run. */
  boolean isBlocked() {
    return blocked;
  }

  /** What happens when attempts at a task fail. */
  Retry retry(Frame in, Task<?> task) {
    Retry own = task.options().retry();
    if (own != null) {
      return own;
    }
    for (Frame frame = in; frame != null; ) {
      Optional<Retry> declared = frame.graph.dag.retry();
      if (declared.isPresent()) {
        return declared.get();
      }
      frame = frame.parent == null ? null : frame.parent.frame();
    }
    return settings.retry();
  }

  double random() {
    return settings.random().getAsDouble();
  }

  Limits limits() {
    return settings.limits();
  }

  void release(List<Limit> permits) {
    if (!permits.isEmpty()) {
      settings.limits().release(permits);
    }
  }

  @Override
  public Executor executor() {
    return settings.executor();
  }

  /** An attempt failed, and there will be another. */
  void attemptFailed(
      String taskId, int attempt, Instant calledAt, Throwable cause, Duration delay) {
    noteFailure(taskId, attempt, calledAt, cause);
    signals.attemptFailed(taskId, attempt, cause, delay);
  }

  /**
   * A task failed.
   *
   * @param attempt its number within the run
   * @param calledAt when the body was called; null if it was not
   */
  void fail(String taskId, int attempt, @Nullable Instant calledAt, Throwable cause) {
    failures.add(new TaskFailure(taskId, cause));
    tellFailure(taskId, attempt, calledAt, cause);
    if (settings.failurePolicy() == FailurePolicy.FAIL_FAST) {
      stop(RunState.FAILED);
    }
  }

  /** The same, but it is no failure of the run, since all who depend on it take its outcome. */
  void failHandled(String taskId, int attempt, @Nullable Instant calledAt, Throwable cause) {
    tellFailure(taskId, attempt, calledAt, cause);
    excuse();
  }

  /** A task has no output, and that is handled. */
  void excuse() {
    excused.incrementAndGet();
  }

  private void tellFailure(
      String taskId, int attempt, @Nullable Instant calledAt, Throwable cause) {
    noteFailure(taskId, attempt, calledAt, cause);
    signals.failed(taskId, cause);
    blocked = true;
  }

  private void noteFailure(
      String taskId, int attempt, @Nullable Instant calledAt, Throwable cause) {
    Records store = records;
    if (store != null) {
      store.note(() -> {
        Instant now = now();
        return new RunNote.AttemptFailed(
            taskId, attempt, calledAt != null ? calledAt : now, now, FailureText.of(cause));
      });
    }
  }

  boolean isFlightRecorded() {
    return flightRecorded;
  }

  boolean isCaller(Thread thread) {
    return crew.isCaller(thread);
  }

  Instant now() {
    return settings.clock().instant();
  }

  // ---- the crew

  void summon() {
    crew.summon();
  }

  boolean isRunning() {
    return state == RunState.RUNNING;
  }

  /** The engine itself failed, for want of memory perhaps: what is counted is not sure any more, so the run ends here. */
  void breakOff(Worker worker, Throwable cause) {
    failures.add(new TaskFailure(worker.taskId(), cause));
    stop(RunState.FAILED);
    String taskId = worker.taskId();
    noteFailure(taskId, attempts.next(taskId), worker.calledAt(), cause);
  }

  /** Nobody can work: the executor takes nothing, and no thread is here. */
  void giveUp(Ready.Entry top, Throwable refusal) {
    if (stop(RunState.FAILED)) {
      String taskId = top.frame.graph.tasks[Math.max(top.task, 0)].id();
      fail(
          taskId,
          attempts.next(taskId),
          null,
          new DuraflowException(
              "the executor refused to run it: " + refusal.getMessage()
                  + "; open duraflow with an executor that is not shut down",
              refusal));
    }
    clearAway();
  }

  /** Takes off the stack what a run that is stopping will not run, so that it ends even if no worker comes. */
  private void clearAway() {
    Worker worker = new Worker(this, Thread.currentThread());
    if (takeToken(worker)) {
      worker.clearAway();
      returnTokens(worker.takeTokens());
    }
  }

  /** Whether dependents start before the records of their inputs are durable. */
  boolean isPipelined() {
    return records != null && settings.durability() == Durability.PIPELINED;
  }

  /** Whether a task whose output could not be persisted goes on all the same; then it is logged. */
  boolean toleratesPersistFailure(DuraflowException failure) {
    if (settings.persistPolicy() == PersistPolicy.REQUIRED) {
      return false;
    }
    signals.notPersisted(failure);
    return true;
  }

  /** A record that nobody waited for is durable, or is not going to be. */
  void confirm(String taskId, @Nullable Instant startedAt, @Nullable Throwable error) {
    try {
      if (error != null && records != null) {
        PersistException failure = records.persistFailure(taskId, error);
        if (!toleratesPersistFailure(failure)) {
          fail(taskId, attempts.next(taskId), startedAt, failure);
        }
      }
    } finally {
      returnTokens(1);
    }
  }

  /** Goes on with a task whose record is durable now, in the thread that found out. */
  void proceed(Frame in, int task, Worker.Then then) {
    Worker worker = new Worker(this, Thread.currentThread());
    worker.receiveToken();
    goOn(worker, () -> worker.proceed(in, task, then));
  }

  /** Makes a task ready that has waited and holds a token. */
  void offer(Frame in, int task) {
    offer(in, task, List.of());
  }

  /** Makes a task ready that has waited for permits of limits, has them, and holds a token. */
  void offer(Frame in, int task, List<Limit> permits) {
    Ready.Entry entry = new Ready.Entry(in, task);
    entry.permits = permits;
    ready.push(entry, entry);
    summon();
    if (isStopping()) {
      clearAway();
    }
  }

  // ---- the end

  /** A token for a worker; none when the run is over. */
  boolean takeToken(Worker worker) {
    long held;
    do {
      held = tokens.get();
      if (held <= 0) {
        return false;
      }
    } while (!tokens.compareAndSet(held, held + 1));
    worker.receiveToken();
    return true;
  }

  /** False when the run is over, or about to be. */
  boolean hasTokens() {
    return tokens.get() > 0;
  }

  /** Only for who holds one. */
  void addTokens(int count) {
    tokens.addAndGet(count);
  }

  void returnTokens(int count) {
    if (tokens.addAndGet(-count) == 0) {
      finish();
    }
  }

  /** Reached once, when nobody is at work any more. */
  private void finish() {
    RunState end;
    synchronized (this) {
      boolean complete = failures.isEmpty() && completed() + excused.get() == total();
      RunState asked = stop;
      end = complete ? RunState.SUCCEEDED : asked != null ? asked : RunState.FAILED;
      stop = end;
    }
    try {
      if (records != null) {
        try (records) {
          records.note(() -> new RunNote.Ended(end, now(), completed(), total()));
        }
      }
    } catch (RuntimeException e) {
      closeFailure =
          e instanceof DuraflowException failure && toleratesPersistFailure(failure) ? null : e;
    } catch (Throwable t) {
      closeFailure = new StoreException("run '" + runId + "' could not be closed: " + t, t);
    }
    try {
      durations.keep();
    } catch (Throwable t) { // the run ends even then
      signals.notLearnt(t);
    }
    try {
      signals.runFinished(end);
    } finally {
      state = end;
      alarms.forEach(alarm -> alarm.cancel(false));
      if (placement != null) {
        placement.end();
      }
      finished.countDown();
      crew.wakeCaller();
    }
  }
}
