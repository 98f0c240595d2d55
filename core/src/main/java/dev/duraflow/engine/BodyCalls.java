package dev.duraflow.engine;

import dev.duraflow.dag.ExpandTask;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.engine.InterruptGate.Passage;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.TaskTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls the users' code of tasks for one worker: bodies, and what gives a map's keys or an expansion's DAG. Interrupts reach that
 * code through a {@linkplain InterruptGate gate} and nothing else; at its timeout it is interrupted; and when it comes back, it may
 * be told that the worker has nothing in hand any more.
 *
 * <p>Used by the worker's thread. Others strike, expire and abandon what it calls, all by the gate, and end its context.
 */
final class BodyCalls implements Supplier<TaskContext> {
  /** Instead of an output: the run is stopping, and the code was not called any more. */
  static final Object NOT_CALLED = new Object();

  /** Instead of an output: the code came back too late, and another has taken over what the worker had in hand. */
  static final Object ABANDONED = new Object();

  private final Execution execution;
  private final Worker worker;
  private final Thread thread;
  private final InterruptGate gate;
  private final boolean recorded;
  private final boolean staysOpen;
  private boolean isOpenBetween;
  private boolean interruptedFromOutside;

  /** What the code that is being called has asked for; ended by another thread if it is abandoned. */
  private volatile @Nullable Context context;
  /** Set before the context is ended, and read after one is made, so that no other is left open. */
  private volatile boolean isLeftBehind;

  BodyCalls(Execution execution, Worker worker, Thread thread) {
    this.execution = execution;
    this.worker = worker;
    this.thread = thread;
    this.gate = new InterruptGate(thread);
    this.recorded = execution.isFlightRecorded();
    this.staysOpen = execution.records == null && !execution.signals.isObserved();
  }

  /**
   * Whether nothing happens between bodies that an interrupt could harm, so that the gate stays open for all of them. Then nobody
   * can tell when to take over from the worker.
   */
  boolean staysOpen() {
    return staysOpen;
  }

  /** Bodies follow each other from here to {@link #end}. */
  void begin() {
    if (staysOpen) {
      gate.open();
      isOpenBetween = true;
    }
  }

  void end() {
    suspend();
  }

  /** Before something that an interrupt must not reach; answers what {@link #resume} wants to know. */
  boolean suspend() {
    boolean wasOpen = isOpenBetween;
    if (wasOpen) {
      gate.close();
      isOpenBetween = false;
    }
    return wasOpen;
  }

  void resume(boolean wasOpen) {
    if (wasOpen) {
      begin();
    }
  }

  /** Interrupts what is being called, since the run is stopping. */
  void strike() {
    gate.strike();
  }

  /** The number of the call that was interrupted and has not come back; 0 if there is none. */
  long overdue() {
    return gate.overdue();
  }

  /** Leaves a call to itself that does not come back; false if it has. */
  boolean abandon(long opening) {
    if (!gate.abandon(opening)) {
      return false;
    }
    isLeftBehind = true;
    Context known = context;
    if (known != null) {
      known.end();
    }
    return true;
  }

  /** Whether somebody interrupted this thread who was not the run. */
  boolean wasInterruptedFromOutside() {
    return interruptedFromOutside;
  }

  /** The body was interrupted in the thread that waits for the run, which is not the run's doing. */
  void noteInterruptFromOutside() {
    interruptedFromOutside = true;
    execution.cancel();
  }

  /**
   * Calls the code of a task.
   *
   * @param calledAt now, if anybody asked a clock
   */
  @Nullable
  Object call(Frame in, Task<?> declared, Instant calledAt) throws Exception {
    if (isOpenBetween && !declared.hasOptions()) {
      return callInOpenGate(in, declared);
    }
    boolean wasOpen = suspend();
    try {
      return callThroughGate(in, declared, calledAt);
    } finally {
      resume(wasOpen);
    }
  }

  private @Nullable Object callInOpenGate(Frame in, Task<?> declared) throws Exception {
    try {
      return execution.isStopping() ? NOT_CALLED : callPlainOrRecorded(in, declared);
    } finally {
      endContext();
      if (thread.isInterrupted()) {
        boolean wasOpen = suspend(); // that takes back the run's own interrupt
        takeStrayInterrupt();
        resume(wasOpen);
      }
    }
  }

  private @Nullable Object callThroughGate(Frame in, Task<?> declared, Instant calledAt)
      throws Exception {
    // A map's options are those of its elements, and not of what gives their keys.
    Duration timeout = declared.hasOptions() && !(declared instanceof MapTask)
        ? timeout(declared, calledAt)
        : null;
    Future<?> alarm = null;
    Passage passage;
    Object output = null;
    Throwable thrown = null;
    long opening = gate.open();
    try {
      if (execution.isStopping()) {
        output = NOT_CALLED;
      } else {
        if (timeout != null) {
          alarm = execution.after(timeout, () -> expire(opening));
        }
        output = callPlainOrRecorded(in, declared);
      }
    } catch (Throwable e) {
      thrown = e;
    } finally {
      passage = gate.close();
    }
    if (passage == Passage.ABANDONED) {
      return ABANDONED;
    }
    endContext();
    if (alarm != null) {
      alarm.cancel(false);
    }
    takeStrayInterrupt();
    if (passage == Passage.EXPIRED) {
      TaskTimeoutException timedOut =
          timedOut(in, declared, calledAt, Duration.between(calledAt, execution.now()));
      if (thrown != null && !isInterruption(thrown)) {
        timedOut.addSuppressed(thrown);
      }
      throw timedOut;
    }
    if (thrown instanceof Error e) {
      throw e;
    }
    if (thrown != null) {
      throw (Exception) thrown;
    }
    return output;
  }

  /** How long the attempt that begins now may take; null for as long as it wants. */
  private @Nullable Duration timeout(Task<?> declared, Instant calledAt) {
    return execution.attempts.timeout(declared, calledAt);
  }

  /** In the scheduler's thread. */
  private void expire(long opening) {
    if (gate.expire(opening)) {
      execution.abandonLater(worker, opening);
    }
  }

  /** What an attempt has failed with whose time was over. */
  TaskTimeoutException timedOut(Frame in, Task<?> declared, Instant calledAt, Duration elapsed) {
    return new TaskTimeoutException(
        declared.id(),
        elapsed,
        Objects.requireNonNullElse(timeout(declared, calledAt), Duration.ZERO),
        execution.attempts.leftAfterThis(declared.id(), execution.retry(in, declared)));
  }

  private @Nullable Object callPlainOrRecorded(Frame in, Task<?> declared) throws Exception {
    return recorded ? callRecorded(in, declared) : callPlain(in, declared);
  }

  private static @Nullable Object callPlain(Frame in, Task<?> declared) throws Exception {
    if (declared instanceof MapTask<?, ?> map) {
      return map.keys(in);
    }
    return declared instanceof ExpandTask<?, ?> expansion
        ? expansion.declare(in)
        : declared.call(in);
  }

  private @Nullable Object callRecorded(Frame in, Task<?> declared) throws Exception {
    FlightRecording.TaskBody event = FlightRecording.begin(execution.runId(), declared.id());
    boolean succeeded = false;
    try {
      Object output = callPlain(in, declared);
      succeeded = true;
      return output;
    } finally {
      if (event != null) {
        event.end(succeeded);
      }
    }
  }

  /** If the thread is interrupted, then not by the run: the caller's run is to end, and a helper must not carry it to another task. */
  private void takeStrayInterrupt() {
    if (thread.isInterrupted()) {
      Thread.interrupted();
      if (execution.isCaller(thread)) {
        noteInterruptFromOutside();
      }
    }
  }

  /** Whether something was thrown because its thread was interrupted. */
  static boolean isInterruption(Throwable thrown) {
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof InterruptedException
          || t instanceof ClosedByInterruptException
          || t
              instanceof
              RunCancelledException) { // of a run within the body, whose caller was interrupted
        return true;
      }
    }
    return false;
  }

  /** Asked for by the code that is being called, in its thread. */
  @Override
  public TaskContext get() {
    Context known = context;
    if (known == null) {
      known = new Context(execution, worker.dag(), worker.taskId());
      context = known;
      if (isLeftBehind) {
        known.end();
      }
    }
    return known;
  }

  private void endContext() {
    Context known = context;
    if (known != null) {
      known.end();
      context = null;
    }
  }
}
