package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.ExpandTask;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Outcome;
import dev.duraflow.dag.Recovery;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.engine.Ready.Entry;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.TaskRecord;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread at work on a run: takes a ready task, runs its body, has its output recorded, settles it, and goes on with one of the
 * tasks that became ready by it. How workers come, go and find the end is told at {@link Execution}.
 *
 * <p>Used by one thread. Others strike its gate, read {@link #ran}, and {@linkplain #takeOver take over} what it has in hand if
 * its thread does not come back from a body.
 */
final class Worker {
  private static final int NOTHING = -1;
  /** How many expansions may lie in each other. */
  private static final int MAX_DEPTH = 500;

  private static final VarHandle RAN;

  static {
    try {
      RAN = MethodHandles.lookup().findVarHandle(Worker.class, "ran", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Execution execution;
  private final @Nullable Records records;
  private final Thread thread;
  private final BodyCalls calls;
  private final boolean observed;

  /** Tokens in hand; at work there is always at least one. */
  private int tokens;

  /** The task that was taken or is running. */
  private Frame frame;

  private int task = NOTHING;
  /** Where it last claimed tasks that were ready from the beginning of a frame. */
  private Initial.@Nullable Claims claims;

  private boolean settling;
  /** The tasks of this frame have settled; its parent is next. */
  private @Nullable Frame over;

  private int ran;

  /** Null for the caller, and for who has other things to do than bodies. */
  private final @Nullable Pace pace;

  private boolean hasSteppedBack;
  private boolean standsBy;
  /** Nothing is its own any more. */
  private boolean abandoned;

  /** When the body of the task that was taken was called; null before. */
  private @Nullable Instant calledAt;

  /** The limits of the task that was taken of which it has the permits. */
  private List<Limit> permits = List.of();

  /** Of the task that was taken. */
  private boolean inputsAreDurable;
  /** The output of the task that is about to be settled is in no store. */
  private boolean unstored;

  Worker(Execution execution, Thread thread) {
    this.execution = execution;
    this.records = execution.records;
    this.thread = thread;
    this.calls = new BodyCalls(execution, this, thread);
    this.observed = execution.signals.isObserved();
    this.frame = execution.root;
    this.pace = execution.crew.hasTinyTasks() && !execution.isCaller(thread) ? new Pace() : null;
  }

  /** How many tasks it has given an output to; read by other threads, and so perhaps a little behind. */
  int ran() {
    return (int) RAN.getOpaque(this);
  }

  /** Whether somebody interrupted this thread who was not the run. */
  boolean wasInterruptedFromOutside() {
    return calls.wasInterruptedFromOutside();
  }

  void interrupt() {
    calls.strike();
  }

  /** The token without which nobody may work. */
  void receiveToken() {
    tokens = 1;
  }

  /** Works until there is nothing to take. */
  void work() {
    Supplier<TaskContext> before = Context.swap(calls);
    try {
      if (take()) {
        execution.summon();
        runAll();
      }
    } finally {
      Context.swap(before);
    }
  }

  /** Runs what was taken, and all that there is to take. */
  private void runAll() {
    calls.begin();
    try {
      do {
        runFrom(task);
      } while (!abandoned && !hasSteppedBack && take());
    } finally {
      calls.end();
    }
  }

  /** Leaves what it would do next to others, if it is more in their way than a help. */
  private boolean stepsBack(Pace measured, int next) {
    if (!measured.isTiny(ran) || !execution.crew.mayStepBack()) {
      return false;
    }
    hasSteppedBack = true;
    standsBy = execution.crew.standsBy(); // before the push, so that nobody is sent for
    Entry entry = new Entry(frame, next);
    push(entry, entry, 1);
    return true;
  }

  /** Whether it has left work to others, and will look how they get on. */
  boolean standsBy() {
    return standsBy;
  }

  /** Whether its thread came back to find that another had taken over. */
  boolean wasAbandoned() {
    return abandoned;
  }

  /** Whether its gate is open between bodies too, so that nobody can tell when to take over from it. */
  boolean staysOpen() {
    return calls.staysOpen();
  }

  /** The number of the opening of the gate through which a body that was interrupted has not come back; 0 if there is none. */
  long overdue() {
    return calls.overdue();
  }

  /**
   * Takes over what a worker has in hand whose thread does not come back from the body; false if it has come back.
   *
   * @param opening of that worker's gate
   */
  boolean takeOver(Worker stuck, long opening) {
    if (!stuck.calls.abandon(opening)) {
      return false;
    }
    tokens = stuck.tokens;
    frame = stuck.frame;
    task = stuck.task;
    calledAt = stuck.calledAt;
    permits = stuck.permits;
    releasePermits();
    return true;
  }

  /** The task's body does not come back: its attempt has failed, unless the run is stopping. */
  void goOnWithoutBody() {
    Frame in = frame;
    int i = task;
    Task<?> declared = in.graph.tasks[i];
    Instant startedAt = Objects.requireNonNull(calledAt);
    Duration elapsed = Duration.between(startedAt, execution.now());
    proceed(
        in,
        i,
        worker -> execution.isStopping()
            ? NOTHING
            : worker.failAttempt(
                in, i, declared, calls.timedOut(in, declared, startedAt, elapsed)));
  }

  /** Clears the stack of a run that is stopping. */
  void clearAway() {
    take();
  }

  /** What it has to give back when it leaves. */
  int takeTokens() {
    int all = tokens;
    tokens = 0;
    return all;
  }

  int takeRan() {
    int all = ran;
    ran = 0;
    return all;
  }

  Thread thread() {
    return thread;
  }

  /** Takes a task; when the run is stopping, only clears the stack. */
  private boolean take() {
    Ready ready = execution.ready;
    for (Entry top = ready.choose(); top != null; top = ready.choose()) {
      boolean stopping = execution.isStopping();
      if (top.task != Entry.INITIAL) {
        if (ready.pop(top)) {
          tokens++;
          if (!stopping) {
            frame = top.frame;
            task = top.task;
            inputsAreDurable = top.inputsAreDurable;
            permits = top.permits;
            return true;
          }
          execution.release(top.permits);
        }
        continue;
      }
      int claimed = stopping ? Initial.NONE : claimsIn(top.frame.initial).next();
      if ((claimed == Initial.NONE || top.frame.initial.isDrained()) && ready.pop(top)) {
        tokens++;
      }
      if (claimed != Initial.NONE) {
        if (pace != null) {
          pace.countClaim();
        }
        frame = top.frame;
        task = claimed;
        return true;
      }
    }
    return false;
  }

  private Initial.Claims claimsIn(Initial initial) {
    Initial.Claims current = claims;
    if (current == null || current.initial != initial) {
      current = initial.claims();
      claims = current;
    }
    return current;
  }

  private void runFrom(int first) {
    for (int next = first; next != NOTHING; ) {
      if (pace != null && stepsBack(pace, next)) {
        return;
      }
      task = next;
      next = settleParents(run(frame, next));
      if (abandoned) {
        return; // who takes over may still be reading what was in hand
      }
      releasePermits();
      inputsAreDurable = false;
      calledAt = null;
    }
  }

  /** Runs one task as far as it gets in this thread; answers a task of {@link #frame} that became ready by it, or nothing. */
  private int run(Frame in, int i) {
    if (execution.isStopping()) {
      return NOTHING;
    }
    if (i == Entry.OVER) {
      return settleParent(in, Objects.requireNonNull(in.parent));
    }
    Task<?> declared = in.graph.tasks[i];
    if (execution.isBlocked()) {
      Frame.Blocked cause = in.rootCause(i);
      if (cause != null && !(declared instanceof Recovery && cause.isOutcome())) {
        return skip(in, i, cause);
      }
    }
    try {
      Placement placement = records == null ? null : execution.placement;
      if (placement != null && placement.places(in, declared)) {
        return runElsewhere(in, i, declared, placement);
      }
      // Who has permits has asked for them after this.
      if (declared.isExternal()
          && execution.isPipelined()
          && !inputsAreDurable
          && permits.isEmpty()) {
        return runWhenInputsAreDurable(in, i);
      }
      if (declared instanceof MapTask<?, ?> map) {
        return runElements(in, i, map);
      }
      if (declared.hasOptions() && !isPermitted(in, i, declared)) {
        return NOTHING;
      }
      return declared instanceof ExpandTask<?, ?> expansion
          ? expand(in, i, expansion)
          : compute(in, i, declared);
    } catch (Throwable e) {
      return failUnlessSettling(in, i, e);
    }
  }

  /** Whether it has the permits of its limits; if not, it waits for them, without this thread. */
  private boolean isPermitted(Frame in, int i, Task<?> declared) {
    List<Limit> limits = declared.options().limits();
    if (limits.isEmpty() || !permits.isEmpty()) {
      return true;
    }
    spendTokens(1);
    boolean has;
    boolean wasOpen = calls.suspend();
    try {
      has = execution.limits().acquire(execution, in, i, limits);
    } catch (Throwable refusal) {
      tokens++;
      throw refusal;
    } finally {
      calls.resume(wasOpen);
    }
    if (has) {
      tokens++;
      permits = limits;
    } else if (execution.isStopping()) {
      execution.limits().clear(execution);
    }
    return has;
  }

  /** What has been taken over is not its own to give back. Others go on by it, perhaps in the executor. */
  private void releasePermits() {
    if (!abandoned && !permits.isEmpty()) {
      boolean wasOpen = calls.suspend();
      execution.release(permits);
      calls.resume(wasOpen);
      permits = List.of();
    }
  }

  /** What has been counted off in part cannot be counted off as failed: then the run as a whole is broken off. */
  private int failUnlessSettling(Frame in, int i, Throwable thrown) {
    if (settling) {
      throw new IllegalStateException("settling " + in.graph.tasks[i] + " broke off", thrown);
    }
    return fail(in, i, thrown);
  }

  private int compute(Frame in, int i, Task<?> declared) throws Exception {
    Instant startedAt = announce(declared);
    Object output;
    try {
      output = call(in, declared, startedAt);
    } catch (Throwable e) {
      return failAttempt(in, i, declared, e);
    }
    if (output == BodyCalls.NOT_CALLED || output == BodyCalls.ABANDONED) {
      return NOTHING;
    }
    return succeedOncePersisted(in, i, output, startedAt);
  }

  /** Gives a task to the engine that places bodies elsewhere, or goes on with one that is back from there. */
  private int runElsewhere(Frame in, int i, Task<?> declared, Placement placement) {
    Placement.Placed back = placement.takeBack(in, i);
    if (back != null) {
      return goOnAfterPlacement(in, i, declared, placement, back);
    }
    if (execution.isPipelined() && !inputsAreDurable && permits.isEmpty()) {
      return runWhenInputsAreDurable(in, i);
    }
    if (declared.hasOptions() && !isPermitted(in, i, declared)) {
      return NOTHING;
    }
    List<Limit> held = permits;
    permits = List.of();
    spendTokens(1);
    placement.place(in, i, held);
    return NOTHING;
  }

  /** Whatever is said of how it went, it has succeeded if there is a record, and only then. */
  private int goOnAfterPlacement(
      Frame in, int i, Task<?> declared, Placement placement, Placement.Placed back) {
    releasePermits();
    Instant startedAt = back.startedAt();
    calledAt = startedAt;
    Throwable failure = back.isExpired()
        ? calls.timedOut(in, declared, startedAt, Duration.between(startedAt, execution.now()))
        : back.failure();
    try {
      if (Objects.requireNonNull(records).isFinishedByAnybody(declared, placement.backWith(back))) {
        execution.durations.observe(declared.id(), startedAt, execution.now());
        return succeed(in, i, Frame.STORED, startedAt);
      }
    } catch (DuraflowException e) {
      if (failure != null) {
        e.addSuppressed(failure);
      }
      failure = e;
    }
    return failAttempt(
        in,
        i,
        declared,
        failure != null
            ? failure
            : new PlacementException(
                declared.id(),
                execution.runId(),
                "the engine says that it is done, and it has no record; see whether worker and run have the same store",
                null));
  }

  private int succeedOncePersisted(Frame in, int i, @Nullable Object output, Instant startedAt) {
    if (records == null) {
      return succeed(in, i, output, startedAt);
    }
    Task<?> declared = in.graph.tasks[i];
    Instant finishedAt = execution.now();
    execution.durations.observe(declared.id(), startedAt, finishedAt);
    return persist(
        () -> records.record(
            declared, output, execution.attempts.next(declared.id()), startedAt, finishedAt),
        in,
        i,
        worker -> worker.succeed(in, i, output, startedAt));
  }

  /** Has the keys of a map recorded, then lets its elements run; the last of them settles it. */
  private int runElements(Frame in, int i, MapTask<?, ?> map) throws Exception {
    Instant startedAt = announce(map);
    Object called = call(in, map, startedAt);
    if (called == BodyCalls.NOT_CALLED || called == BodyCalls.ABANDONED) {
      return NOTHING;
    }
    @SuppressWarnings("unchecked") // just made by map.keys
    List<String> keys = (List<String>) Objects.requireNonNull(called);
    List<String> earlier = records == null ? keys : records.keys(map).orElse(null);
    if (keys.equals(earlier)) {
      return begin(in, i, map, keys, startedAt);
    }
    if (earlier != null) {
      execution.signals.elementsChanged(map.id(), earlier, keys);
    }
    return persist(
        () -> Objects.requireNonNull(records)
            .keysRecord(map, keys, execution.attempts.next(map.id()), startedAt, execution.now()),
        in,
        i,
        worker -> worker.begin(in, i, map, keys, startedAt));
  }

  private int begin(Frame in, int i, MapTask<?, ?> map, List<String> keys, Instant startedAt) {
    Frame elements = new Frame(
        Graph.of(map.elements(keys, in)),
        new Frame.Parent(in, i, startedAt, unstored, null),
        records,
        execution.order,
        in.isWantedAsList(i));
    unstored &= elements.unfinished() == 0;
    execution.add(elements);
    if (elements.unfinished() == 0) {
      return succeed(in, i, elements, startedAt);
    }
    return begin(elements);
  }

  private int begin(Frame nested) {
    Ready.Chain first = Objects.requireNonNull(nested.begin());
    push(first.first(), first.last(), first.size());
    return NOTHING;
  }

  /** Has a DAG declared and lets it run; the last of its tasks settles the expansion. */
  private int expand(Frame in, int i, ExpandTask<?, ?> expansion) throws Exception {
    if (in.depth >= MAX_DEPTH) {
      throw new InvalidDagException(
          "expansion '" + expansion.id() + "' lies in " + MAX_DEPTH
              + " others, and no more are allowed; let the recursion end earlier, or loop within a body");
    }
    Instant startedAt = announce(expansion);
    Object called;
    try {
      called = call(in, expansion, startedAt);
    } catch (Throwable e) {
      return failAttempt(in, i, expansion, e);
    }
    if (called == BodyCalls.NOT_CALLED || called == BodyCalls.ABANDONED) {
      return NOTHING;
    }
    ExpandTask.Declared declared = (ExpandTask.Declared) Objects.requireNonNull(called);
    execution.steps.checkNoneIn(declared.dag());
    Frame nested = new Frame(
        Graph.of(declared.dag(), declared.output()),
        new Frame.Parent(in, i, startedAt, false, declared.output()),
        records,
        execution.order,
        false);
    execution.limits().register(nested.graph);
    execution.add(nested);
    if (nested.unfinished() > 0) {
      return begin(nested);
    }
    over = nested;
    return NOTHING;
  }

  /** Without anybody to tell it to, the clock is not asked. */
  private Instant announce(Task<?> declared) {
    if (observed) {
      execution.signals.started(declared.id());
    }
    boolean timed = observed || records != null || declared.hasOptions();
    Instant now = timed ? execution.now() : Instant.EPOCH;
    calledAt = now;
    return now;
  }

  /** Calls the user's code of a task; its permits are back when that returns. */
  private @Nullable Object call(Frame in, Task<?> declared, Instant startedAt) throws Exception {
    try {
      Object output = calls.call(in, declared, startedAt);
      abandoned = output == BodyCalls.ABANDONED;
      return output;
    } finally {
      releasePermits();
    }
  }

  /** What follows when a record is durable, done by whichever worker is there then. */
  interface Then {
    int proceed(Worker worker);
  }

  /** Has a record saved and goes on when it is durable, or at once if the run does not wait for that. */
  private int persist(Supplier<TaskRecord> encoder, Frame in, int i, Then then) {
    Records store = Objects.requireNonNull(records);
    CompletionStage<Void> saved;
    String taskId = in.graph.tasks[i].id();
    Instant startedAt = calledAt;
    try {
      // With nothing else to do, no other thread need be woken for it.
      saved = !execution.isPipelined() && execution.ready.isEmpty()
          ? store.saveNow(encoder.get())
          : store.save(encoder.get());
    } catch (DuraflowException e) {
      return goOnUnstored(in, i, startedAt, e, then);
    }
    if (isDone(saved)) {
      return then.proceed(this);
    }
    spendTokens(1);
    if (execution.isPipelined()) {
      saved.whenComplete((done, error) -> execution.confirm(taskId, startedAt, error));
      return then.proceed(this);
    }
    saved.whenComplete((done, error) -> execution.proceed(
        in,
        i,
        worker -> error == null
            ? then.proceed(worker)
            : worker.goOnUnstored(in, i, startedAt, store.persistFailure(taskId, error), then)));
    return NOTHING;
  }

  /** The output could not be persisted: the task has failed, or it goes on with what is in memory, as the run was told. */
  private int goOnUnstored(
      Frame in, int i, @Nullable Instant startedAt, DuraflowException failure, Then then) {
    calledAt = startedAt;
    if (!execution.toleratesPersistFailure(failure)) {
      return fail(in, i, failure);
    }
    unstored = true;
    return then.proceed(this);
  }

  /** What must not be told to the world before it is durable is run by whoever takes it when that is so. */
  private int runWhenInputsAreDurable(Frame in, int i) {
    Records store = Objects.requireNonNull(records);
    spendTokens(1);
    store
        .flush()
        .whenComplete((done, error) -> execution.proceed(
            in,
            i,
            worker -> error == null
                ? worker.offerDurable(in, i)
                : worker.fail(in, i, store.persistFailure(in.graph.tasks[i].id(), error))));
    return NOTHING;
  }

  private int offerDurable(Frame in, int i) {
    Entry entry = new Entry(in, i);
    entry.inputsAreDurable = true;
    push(entry, entry, 1);
    return NOTHING;
  }

  private static boolean isDone(CompletionStage<Void> saved) {
    // Of a stage of another class, no more is asked than what every stage can do.
    return saved.getClass() == CompletableFuture.class
        && ((CompletableFuture<?>) saved).isDone()
        && !((CompletableFuture<?>) saved).isCompletedExceptionally();
  }

  /** Goes on where a save that is durable now left off; what is ready by it goes to the crew. */
  void proceed(Frame in, int i, Then then) {
    frame = in;
    task = i;
    int next;
    try {
      next = then.proceed(this);
    } catch (Throwable e) {
      next = failUnlessSettling(in, i, e);
    }
    Frame nested = over;
    if (nested
        != null) { // not here: this may be within the save of a task in that frame, and so on
      over = null;
      frame = nested;
      next = Entry.OVER;
    }
    if (next != NOTHING) {
      Entry entry = new Entry(frame, next);
      push(entry, entry, 1);
    }
  }

  // ---- settling: a task is over, and others may be ready by it

  private int succeed(Frame in, int i, @Nullable Object output, Instant startedAt) {
    if (unstored) {
      in.putUnstored(i, output);
    } else {
      in.put(i, output);
    }
    RAN.setOpaque(this, ran + 1);
    if (observed) {
      execution.signals.succeeded(in.graph.tasks[i].id(), startedAt);
    }
    return settle(in, i);
  }

  /** An attempt failed: there is another after a while, or the task has failed. */
  private int failAttempt(Frame in, int i, Task<?> declared, Throwable thrown) {
    Retry retry = execution.retry(in, declared);
    if (retry.maxAttempts() == 1
        || execution.isStopping()
        || (thrown instanceof InterruptedException && execution.isCaller(thread))) {
      return fail(in, i, thrown);
    }
    Instant startedAt = Objects.requireNonNull(calledAt);
    Attempts.Failed failed = execution.attempts.fail(declared.id(), startedAt);
    Duration delay = retry.delayAfter(Math.max(1, failed.here()), execution.random());
    if (failed.left(retry) <= 0
        || isOutOfTime(declared, failed, delay)
        || !isWorthwhile(retry, thrown)) {
      return fail(in, i, failed.number(), thrown);
    }
    execution.attemptFailed(declared.id(), failed.number(), startedAt, thrown, delay);
    if (delay.isZero()) {
      Entry entry = new Entry(in, i);
      push(entry, entry, 1);
      return NOTHING;
    }
    spendTokens(1);
    try {
      execution.waiting.add(in, i, delay);
    } catch (Throwable refusal) {
      tokens++;
      thrown.addSuppressed(refusal);
      return fail(in, i, failed.number(), thrown);
    }
    return NOTHING;
  }

  private boolean isOutOfTime(Task<?> declared, Attempts.Failed failed, Duration delay) {
    Duration total = declared.options().totalTimeout();
    return total != null
        && !execution.now().plus(delay).isBefore(failed.firstStartedAt().plus(total));
  }

  private static boolean isWorthwhile(Retry retry, Throwable thrown) {
    if (thrown instanceof RemoteTaskException remote
        && remote.advice() != RemoteTaskException.Advice.UNDECIDED) {
      return remote.advice() == RemoteTaskException.Advice.RETRY;
    }
    try {
      return retry.isWorthwhileAfter(thrown);
    } catch (Throwable e) {
      if (e != thrown) {
        thrown.addSuppressed(e);
      }
      return false;
    }
  }

  private int fail(Frame in, int i, Throwable thrown) {
    return fail(in, i, execution.attempts.next(in.graph.tasks[i].id()), thrown);
  }

  /** @param attempt its number within the run */
  private int fail(Frame in, int i, int attempt, Throwable thrown) {
    Throwable cause = thrown instanceof CompletionException && thrown.getCause() != null
        ? thrown.getCause()
        : thrown;
    if (execution.isStopping() && BodyCalls.isInterruption(cause)) {
      return NOTHING;
    }
    if (cause instanceof InterruptedException && execution.isCaller(thread)) {
      calls.noteInterruptFromOutside();
      return NOTHING;
    }
    String id = in.graph.tasks[i].id();
    // What the store did not take, or nobody did elsewhere, says nothing of the task, and must not
    // be recorded as its outcome.
    boolean isOutcome = !(cause instanceof StoreException || cause instanceof PlacementException);
    if (isOutcome && in.handles(i)) {
      execution.failHandled(id, attempt, calledAt, cause);
    } else {
      execution.fail(id, attempt, calledAt, cause);
    }
    Outcome.Failure failure = cause instanceof RemoteTaskException remote
        ? new Outcome.Failure(id, remote.failureType(), remote.failureMessage())
        : new Outcome.Failure(id, cause.getClass().getName(), FailureText.message(cause));
    in.block(i, new Frame.Blocked(failure, isOutcome));
    return execution.isStopping() ? NOTHING : settle(in, i);
  }

  private int skip(Frame in, int i, Frame.Blocked cause) {
    in.block(i, cause);
    if (in.handles(i)) {
      execution.excuse();
    }
    execution.signals.skipped(in.graph.tasks[i].id(), cause.rootCause());
    return settle(in, i);
  }

  /** Lets the inputs go, counts the task off at its successors, and says so if it was the last of a nested frame. */
  private int settle(Frame in, int i) {
    settling = true;
    Order order = execution.order;
    if (order != null) {
      order.settled(in.graph.tasks[i]);
    }
    int next = countAsSettled(in, i);
    settling = false;
    unstored = false;
    return next;
  }

  private int countAsSettled(Frame in, int i) {
    in.releaseInputs(i);
    Frame.Parent parent = in.parent;
    if (parent == null) {
      return countOff(in, i);
    }
    int next = countOff(in, i);
    if (in.lastHasSettled()) {
      over = in;
    }
    return next;
  }

  /** Settles the parents of frames that are over, from the inside out: in a loop, since there may be many. */
  private int settleParents(int next) {
    int ready = next;
    for (Frame nested = over; nested != null; nested = over) {
      over = null;
      ready = settleParent(nested, Objects.requireNonNull(nested.parent));
    }
    return ready;
  }

  private int settleParent(Frame nested, Frame.Parent parent) {
    Frame in = parent.frame();
    frame = in;
    task = parent.task();
    calledAt = parent.startedAt();
    try {
      Frame.Blocked cause = nested.anyRootCause();
      if (cause != null) {
        return skip(in, parent.task(), cause);
      }
      Task<?> wanted = parent.wanted();
      if (wanted != null) {
        Object output = nested.output(wanted.ordinal());
        return succeedOncePersisted(in, parent.task(), output, parent.startedAt());
      }
      unstored = parent.unstored() || nested.holdsUnstored();
      if (records != null) {
        execution.durations.observe(
            in.graph.tasks[parent.task()].id(), parent.startedAt(), execution.now());
      }
      return succeed(in, parent.task(), nested, parent.startedAt());
    } catch (Throwable e) {
      return failUnlessSettling(in, parent.task(), e);
    }
  }

  /** Answers the first of the successors that became ready, and pushes the others, to be taken in the order of declaration. */
  private int countOff(Frame in, int i) {
    Graph graph = in.graph;
    int first = NOTHING;
    Entry top = null;
    Entry bottom = null;
    int pushed = 0;
    for (int s = graph.firstSuccessor(i); s < graph.firstSuccessor(i + 1); s++) {
      int successor = graph.successor(s);
      if (!in.inputArrived(successor)) {
        continue;
      }
      if (first == NOTHING && !execution.ready.isStrict()) {
        first = successor;
        continue;
      }
      Entry entry = new Entry(in, successor);
      if (bottom == null) {
        top = entry;
      } else {
        bottom.next = entry;
      }
      bottom = entry;
      pushed++;
    }
    if (top != null && bottom != null) {
      push(top, bottom, pushed);
    }
    frame = in;
    return first;
  }

  private void push(Entry top, Entry bottom, int count) {
    spendTokens(count);
    execution.ready.push(top, bottom);
    summon();
  }

  /** The executor is the user's code and no body: an interrupt must not hit it. */
  private void summon() {
    boolean wasOpen = calls.suspend();
    execution.summon();
    calls.resume(wasOpen);
  }

  /** Gives tokens to entries or saves; it keeps one for itself. */
  private void spendTokens(int count) {
    if (tokens > count) {
      tokens -= count;
    } else {
      execution.addTokens(count);
    }
  }

  @Nullable
  Instant calledAt() {
    return calledAt;
  }

  /** The DAG of the task that was taken last. */
  Dag dag() {
    return frame.graph.dag;
  }

  /** The task that was taken last. */
  String taskId() {
    return frame.graph.tasks[task].id();
  }
}
