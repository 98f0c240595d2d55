package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Durability;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One run of a DAG: its ready tasks, the workers on it, and how it ends.
 *
 * <p><b>Work.</b> Ready tasks lie in {@link Ready}. A worker takes one, runs it, settles it, goes on with one successor that
 * became ready by it, and pushes the others. A worker that finds nothing leaves; there is no idle worker to wake. Who pushes
 * {@linkplain #summon summons} one more worker unless one is on its way already, and a worker that arrives and leaves tasks
 * behind summons the next: so the crew grows as long as there is work and threads to do it, and tiny tasks, which are gone
 * before the next worker has arrived, do not pay for threads. The thread in {@link #run} is a worker like the others, but for
 * being the one that is summoned first when it has left for lack of work.
 *
 * <p><b>No ready task is forgotten.</b> A push comes before the pusher's look at {@code arriving} and {@code workers}. If a
 * worker is arriving, it clears {@code arriving} before it looks at the stack, and so sees the push. If the crew is full, each
 * of its members looks at the stack again after it has left the count. If the look falls between a summoner's setting and
 * taking back of {@code arriving}, that summoner looks again after it took it back. All of these are volatile, hence in one
 * total order.
 *
 * <p><b>The end</b> is found by counting tokens. Each entry of the stack, each worker at work and each save under way holds at
 * least one; only who holds one can make another. Who gives back the last one ends the run: nothing is left that could go on.
 * A stop ({@link #cancel}, or a failure under {@code FAIL_FAST}) lets workers drain the stack without running what they take.
 */
public final class Execution {
  private static final int SPINS_BEFORE_PARKING = 200;

  private final String runId;
  private final Settings settings;
  final @Nullable Records records;
  final Signals signals;
  final Ready ready = new Ready();
  final Frame root;

  private final AtomicLong tokens = new AtomicLong(1);
  private final AtomicInteger workers = new AtomicInteger();
  private final AtomicInteger arriving = new AtomicInteger();
  private final Map<Thread, Worker> crew = new ConcurrentHashMap<>();
  private final CountDownLatch finished = new CountDownLatch(1);
  private final boolean flightRecorded = FlightRecording.isOn();

  private final AtomicInteger total;
  private final AtomicInteger reused = new AtomicInteger();
  private final AtomicInteger ranByDeparted = new AtomicInteger();
  private final Queue<TaskFailure> failures = new ConcurrentLinkedQueue<>();

  private volatile RunState state = RunState.RUNNING;
  /** Null while the run goes on; else how it will end. */
  private volatile @Nullable RunState stop;

  private volatile boolean blocked;
  private @Nullable RuntimeException closeFailure;
  private @Nullable Thread caller;
  private volatile boolean callerIsIdle;

  /**
   * Decides what is finished already.
   *
   * @throws dev.duraflow.error.TypeMismatchException if a record does not fit its task
   * @throws dev.duraflow.error.InvalidDagException if there is a store and an output type cannot be read
   */
  public Execution(Dag dag, String runId, Settings settings, @Nullable Records records) {
    this.runId = runId;
    this.settings = settings;
    this.records = records;
    this.root = new Frame(dag, null, records, false);
    this.total = new AtomicInteger(root.size());
    this.signals = new Signals(runId, settings, total);
  }

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

  /** How many tasks have an output. */
  public int completed() {
    int ran = ranByDeparted.get();
    for (Worker worker : crew.values()) {
      ran += worker.ran();
    }
    return reused.get() + ran;
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
    caller = Thread.currentThread();
    Worker worker = new Worker(this, Thread.currentThread());
    begin();
    workers.incrementAndGet();
    work(worker);
    boolean interrupted = false;
    while (state == RunState.RUNNING) {
      if (callerIsIdle) {
        idle();
      } else {
        arrive(worker);
      }
      if (Thread.interrupted()) {
        interrupted = true;
        cancel();
      }
    }
    if (interrupted || worker.wasInterruptedFromOutside()) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until the run has ended or this thread is summoned; a short wait is not worth parking for. */
  private void idle() {
    for (int i = 0; i < SPINS_BEFORE_PARKING; i++) {
      if (state != RunState.RUNNING || !callerIsIdle) {
        return;
      }
      Thread.onSpinWait();
    }
    LockSupport.park(this);
  }

  /** Runs on the executor; returns at once. */
  public void start() {
    begin();
    summon();
  }

  private void begin() {
    signals.runStarted(root.size());
    add(root);
    if (root.hasUnclaimed()) {
      Ready.Entry entry = new Ready.Entry(root, Ready.Entry.INITIAL);
      ready.push(entry, entry);
    } else {
      returnTokens(1);
    }
  }

  /** Counts the tasks of a frame that is about to begin, and among them those that are finished already. */
  void add(Frame frame) {
    if (frame != root) {
      total.addAndGet(frame.size());
    }
    int finished = frame.size() - frame.unfinished();
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
    if (notClosed != null) {
      throw notClosed;
    }
    if (state == RunState.FAILED) {
      throw new RunFailedException(runId, failures());
    }
    if (state == RunState.CANCELLED) {
      throw new RunCancelledException(runId, completed(), total());
    }
  }

  /** Starts nothing new and interrupts what runs. */
  public void cancel() {
    stop(RunState.CANCELLED);
  }

  private synchronized void stop(RunState how) {
    if (stop == null) {
      stop = how;
      for (Worker worker : crew.values()) {
        worker.interrupt();
      }
    }
  }

  boolean isStopping() {
    return stop != null;
  }

  /** Whether any task has no output for good, so that dependents must be checked before they run. */
  boolean isBlocked() {
    return blocked;
  }

  void fail(String taskId, Throwable cause) {
    failures.add(new TaskFailure(taskId, cause));
    signals.failed(taskId, cause);
    blocked = true;
    if (settings.failurePolicy() == FailurePolicy.FAIL_FAST) {
      stop(RunState.FAILED);
    }
  }

  boolean isFlightRecorded() {
    return flightRecorded;
  }

  boolean isCaller(Thread thread) {
    return thread == caller;
  }

  Instant now() {
    return settings.clock().instant();
  }

  // ---- the crew

  /** Sees to it that one more worker comes, if there is work for it and room in the crew. */
  void summon() {
    while (!ready.isEmpty() && hasRoom() && arriving.compareAndSet(0, 1)) {
      if (hasRoom()) {
        send();
        return;
      }
      arriving.set(0);
    }
  }

  private boolean hasRoom() {
    return workers.get() < settings.maxConcurrency();
  }

  /** Sends for the caller if it has nothing to do, else for a thread of the executor. */
  private void send() {
    if (callerIsIdle) {
      callerIsIdle = false;
      LockSupport.unpark(caller);
      return;
    }
    try {
      settings.executor().execute(this::arriveHere);
    } catch (RuntimeException | Error e) {
      arriving.set(0);
      if (workers.get() == 0) {
        giveUp(e);
      }
      // Else the work is left to those who are there: they look at the stack again before they
      // leave.
    }
  }

  private void arriveHere() {
    Thread thread = Thread.currentThread();
    if (crew.containsKey(thread)) {
      arriving.set(
          0); // an executor that runs things in the calling thread, and that one is at work already
    } else {
      arrive(new Worker(this, thread));
    }
  }

  /** A summoned worker has come. If the crew is full meanwhile, its members will see what it was summoned for. */
  private void arrive(Worker worker) {
    arriving.set(0);
    int members;
    do {
      members = workers.get();
      if (members >= settings.maxConcurrency()) {
        callerIsIdle |= isCaller(worker.thread());
        return;
      }
    } while (!workers.compareAndSet(members, members + 1));
    work(worker);
  }

  /** A worker that has been counted in works, and leaves. */
  private void work(Worker worker) {
    if (takeToken()) {
      crew.put(worker.thread(), worker);
      try {
        worker.work();
      } finally {
        crew.remove(worker.thread());
        ranByDeparted.addAndGet(worker.takeRan());
        leave(worker);
        returnTokens(worker.takeTokens());
      }
    } else {
      leave(worker);
    }
  }

  /** The caller is to be sent for from the moment that it is not counted. */
  private void leave(Worker worker) {
    if (isCaller(worker.thread())) {
      callerIsIdle = true;
    }
    workers.decrementAndGet();
    summon();
  }

  /** Nobody can work: the executor takes nothing, and no thread is here. */
  private void giveUp(Throwable refusal) {
    Ready.Entry top = ready.peek();
    String taskId =
        top == null ? root.graph.dag.name() : top.frame.graph.tasks[Math.max(top.task, 0)].id();
    fail(
        taskId,
        new DuraflowException(
            "the executor refused to run it: " + refusal.getMessage()
                + "; open duraflow with an executor that is not shut down",
            refusal));
    stop(RunState.FAILED);
    workers.incrementAndGet();
    work(new Worker(this, Thread.currentThread()));
  }

  /** Whether dependents start before the records of their inputs are durable. */
  boolean isPipelined() {
    return settings.durability() == Durability.PIPELINED;
  }

  /** A record that nobody waited for is durable, or is not going to be. */
  void confirm(String taskId, @Nullable Throwable error) {
    try {
      if (error != null && records != null) {
        fail(taskId, records.persistFailure(taskId, error));
      }
    } finally {
      returnTokens(1);
    }
  }

  /** Goes on with a task whose record is durable now, in the thread that found out. */
  void proceed(Worker.Then then) {
    Worker worker = new Worker(this, Thread.currentThread());
    try {
      worker.proceed(then);
    } finally {
      ranByDeparted.addAndGet(worker.takeRan());
      returnTokens(worker.takeTokens());
    }
  }

  // ---- the end

  /** A token for a worker; none when the run is over. */
  private boolean takeToken() {
    long held;
    do {
      held = tokens.get();
      if (held == 0) {
        return false;
      }
    } while (!tokens.compareAndSet(held, held + 1));
    return true;
  }

  /** Only for who holds one. */
  void addTokens(int count) {
    tokens.addAndGet(count);
  }

  private void returnTokens(int count) {
    if (tokens.addAndGet(-count) == 0) {
      finish();
    }
  }

  /** Reached once, when nobody is at work any more. */
  private void finish() {
    RunState end;
    synchronized (this) {
      boolean complete = failures.isEmpty() && completed() == total();
      RunState asked = stop;
      end = complete ? RunState.SUCCEEDED : asked != null ? asked : RunState.FAILED;
      stop = end;
    }
    try {
      if (records != null) {
        records.close();
      }
    } catch (RuntimeException e) {
      closeFailure = e;
    } finally {
      signals.runFinished(end);
      state = end;
      finished.countDown();
      LockSupport.unpark(caller);
    }
  }
}
