package dev.duraflow.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads on a run: who comes, and who goes.
 *
 * <p>A worker that finds nothing to do leaves, and after a {@linkplain #lingers moment} in which it counts as arriving, it is gone;
 * there is no idle worker to wake. Who makes tasks ready {@linkplain #summon summons} one more worker unless one is on its way
 * already, and a worker that arrives and leaves tasks behind summons the next: so the crew grows as long as there is work and
 * threads to do it. The thread in {@code run()} is a worker too, but has a place of its own: the others, its helpers, are counted
 * without it, it needs no executor to come, and when it has left for lack of work it is the one that is summoned first. So a run
 * goes on even if the executor never sends anybody.
 *
 * <p><b>Tiny tasks do not pay for threads.</b> Two that take turns at tasks of some ten nanoseconds spend most of their time on
 * the cache lines that they take from each other, and are slower than one alone. So who arrives {@linkplain #standsBy stands by} as long as those at work are quick
 * and looks again now and then; a helper that finds itself quick, and not by tasks {@linkplain Initial of its own}, {@linkplain
 * #mayStepBack steps back} to do so. When a body takes its time, the one who stands by sees no progress, and joins.
 *
 * <p><b>No ready task is forgotten.</b> A push comes before the pusher's look at {@code callerIsIdle}, {@code helpers} and
 * {@code arriving}. The caller says that it is idle before it looks at what is ready for the last time. If a helper is arriving,
 * it clears {@code arriving} before it looks at what is ready, and so sees the push; the same holds for one that lingers or stands
 * by, whether it comes back or goes. If the crew is full, each helper looks again after it has left the count. If the look falls
 * between a summoner's setting and taking back of {@code arriving}, that summoner looks again after it took it back. All of these
 * are volatile, hence in one total order.
 */
final class Crew {
  /** How often a thread without work looks for some: some microseconds, as long as it takes to wake a thread. */
  static final int SPINS = 200;

  /** Who needs less for a task is hindered more by another one at the same tasks than helped. */
  static final int TINY_NANOS = 250;

  /** Between two looks of one who stands by. */
  private static final int PAUSE_NANOS = 50_000;

  /** So often one looks before it gives its thread back and has itself sent for anew. */
  private static final int MOST_LOOKS = 20;

  private static final VarHandle CALLER_IS_IDLE;

  static {
    try {
      CALLER_IS_IDLE =
          MethodHandles.lookup().findVarHandle(Crew.class, "callerIsIdle", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Execution execution;
  private final Ready ready;
  private final Executor executor;
  private final int spins;
  private final boolean hasTinyTasks;

  private final Map<Thread, Worker> atWork = new ConcurrentHashMap<>();
  /** Workers that were counted in, without the caller. */
  private final AtomicInteger helpers = new AtomicInteger();
  /** One more while the caller does not come back from a body. */
  private final AtomicInteger mostHelpers = new AtomicInteger();
  /** 1 while somebody is on the way, lingers or stands by. */
  private final AtomicInteger arriving = new AtomicInteger();

  private final AtomicInteger ranByDeparted = new AtomicInteger();

  private @Nullable Thread caller;
  /** The caller has left for lack of work; who sets it back has summoned it. */
  private volatile boolean callerIsIdle;

  /**
   * @param spins how often a thread without work looks for some before it parks or goes
   * @param hasTinyTasks whether nothing is done for a task beside its body, so that it may be over in no time
   */
  Crew(Execution execution, Executor executor, int spins, boolean hasTinyTasks) {
    this.execution = execution;
    this.ready = execution.ready;
    this.executor = executor;
    this.spins = spins;
    this.hasTinyTasks = hasTinyTasks;
  }

  /** Before the run begins, in the caller's thread: it will work. */
  void beginWithCaller(int maxConcurrency) {
    caller = Thread.currentThread();
    mostHelpers.set(maxConcurrency - 1);
  }

  /** Before the run begins: nobody is there. */
  void beginEmpty(int maxConcurrency) {
    mostHelpers.set(maxConcurrency);
  }

  boolean isCaller(Thread thread) {
    return thread == caller;
  }

  boolean hasTinyTasks() {
    return hasTinyTasks;
  }

  Collection<Worker> atWork() {
    return atWork.values();
  }

  /** How many tasks were given an output. What a worker has done is missing for a moment while it leaves, and never counted twice. */
  int ran() {
    int ran = ranByDeparted.get();
    for (Worker worker : atWork.values()) {
      ran += worker.ran();
    }
    return ran;
  }

  /** Counts what somebody did who is not at work any more, or never was in this crew. */
  void countRan(Worker departed) {
    ranByDeparted.addAndGet(departed.takeRan());
  }

  /** Works in the caller's thread until the run has ended; answers whether it was interrupted meanwhile, and not by the run. */
  boolean workAsCaller() {
    Worker worker = new Worker(execution, Thread.currentThread());
    boolean interrupted = false;
    while (execution.isRunning()) {
      if (callerIsIdle) {
        idle();
      } else {
        work(worker);
        if (worker.wasAbandoned()) { // it is back, and whoever stood in for it may go
          mostHelpers.decrementAndGet();
          interrupted |= worker.wasInterruptedFromOutside();
          worker = new Worker(execution, Thread.currentThread());
        }
      }
      if (Thread.interrupted()) {
        interrupted = true;
        execution.cancel();
      }
    }
    return interrupted || worker.wasInterruptedFromOutside();
  }

  /** Waits until the run has ended or this thread is summoned; a short wait is not worth parking for. */
  private void idle() {
    for (int i = 0; i < spins; i++) {
      if (!execution.isRunning() || !callerIsIdle) {
        return;
      }
      Thread.onSpinWait();
    }
    LockSupport.park(this);
  }

  /** The run has ended. */
  void wakeCaller() {
    LockSupport.unpark(caller);
  }

  /** Takes somebody out who does not come back from a body, and makes room for another. */
  void giveUp(Worker stuck) {
    atWork.remove(stuck.thread(), stuck);
    countRan(stuck);
    if (isCaller(stuck.thread())) {
      mostHelpers.incrementAndGet();
    } else {
      helpers.decrementAndGet();
    }
  }

  /** Sees to it that one more worker comes, if there is work for it and room in the crew. */
  void summon() {
    while (!ready.isEmpty()) {
      if (callerIsIdle && CALLER_IS_IDLE.compareAndSet(this, true, false)) {
        LockSupport.unpark(caller);
        return;
      }
      if (!hasRoom() || !arriving.compareAndSet(0, 1)) {
        return;
      }
      if (!hasRoom()) {
        arriving.set(0);
      } else if (send()) {
        return;
      } else {
        arriving.set(0);
        if (caller != null || helpers.get() > 0) {
          return; // The work is left to those who are there: they look at what is ready again
          // before they leave.
        }
      }
    }
  }

  private boolean hasRoom() {
    return helpers.get() < mostHelpers.get();
  }

  /** Sends for a thread of the executor; false if the executor refuses. */
  private boolean send() {
    try {
      executor.execute(this::arrive);
      return true;
    } catch (Throwable refusal) {
      // While this thread has the say nobody comes: if nobody is there, what is ready stays ready.
      Ready.Entry top = caller == null && helpers.get() == 0 ? ready.peek() : null;
      if (top != null) {
        execution.giveUp(top, refusal);
      }
      return false;
    }
  }

  private void arrive() {
    Thread thread = Thread.currentThread();
    if (isCaller(thread) || atWork.containsKey(thread)) {
      // An executor that runs things in the calling thread, and that one is at work or about to be.
      arriving.set(0);
      return;
    }
    boolean hasSteppedBack = false;
    Worker worker;
    do {
      if (hasTinyTasks && !standBy(hasSteppedBack)) {
        return;
      }
      // Counted first, so that nobody takes the crew for empty or has another helper sent
      // meanwhile.
      boolean hasPlace = helpers.incrementAndGet() <= mostHelpers.get();
      arriving.set(0);
      if (!hasPlace) { // sent by an executor that refused it, or twice
        helpers.decrementAndGet();
        summon();
        return;
      }
      worker = new Worker(execution, thread);
      work(worker);
      if (worker.wasAbandoned()) {
        return; // its place has been given away
      }
      hasSteppedBack = worker.standsBy();
    } while (hasSteppedBack || lingers());
  }

  /**
   * One who is arriving waits as long as those at work are so quick that it would only be in their way. False if another is to
   * come in its stead, since the executor may have other things to do for this thread.
   *
   * @param hasSteppedBack whether it was at work before, and found that it was
   */
  private boolean standBy(boolean hasSteppedBack) {
    if (!hasSteppedBack && hasInitialTasks()) {
      return true;
    }
    int ranBefore = ran();
    long from = System.nanoTime();
    for (int i = 0; i < spins; i++) {
      Thread.onSpinWait();
    }
    for (int looks = 0; execution.hasTokens() && !Thread.currentThread().isInterrupted(); looks++) {
      int ran = ran();
      long now = System.nanoTime();
      if ((now - from) * atWork.size() >= (long) TINY_NANOS * (ran - ranBefore)) {
        return true;
      }
      if (looks >= MOST_LOOKS && sendsAnother()) {
        return false;
      }
      ranBefore = ran;
      from = now;
      LockSupport.parkNanos(this, PAUSE_NANOS);
    }
    return true;
  }

  private boolean sendsAnother() {
    try {
      executor.execute(this::arrive);
      return true;
    } catch (RuntimeException refusal) {
      return false; // it is here itself
    }
  }

  /** Whether there are tasks at which two are not in each other's way. */
  private boolean hasInitialTasks() {
    Ready.Entry top = ready.peek();
    return top != null && top.task == Ready.Entry.INITIAL;
  }

  /** Whether a helper may leave work that is there, since others are at it. */
  boolean mayStepBack() {
    return helpers.get() > 1 || (caller != null && !callerIsIdle);
  }

  /** Takes the place of one who arrives; false if there is one already. */
  boolean standsBy() {
    return arriving.compareAndSet(0, 1);
  }

  /**
   * A helper that has left for lack of work stays near for a moment, as one who is arriving: what is made ready meanwhile needs
   * nobody to be sent for. One at a time, and not longer than another's coming would take. False if it goes.
   */
  private boolean lingers() {
    if (!standsBy()) {
      return false;
    }
    for (int i = 0; i < spins && execution.hasTokens(); i++) {
      if (!ready.isEmpty()) {
        return true;
      }
      Thread.onSpinWait();
    }
    arriving.set(0);
    summon(); // who pushed while it was there counted on it
    return false;
  }

  /** The caller, or a helper that has been counted in, works and leaves. */
  private void work(Worker worker) {
    if (execution.takeToken(worker)) {
      atWork.put(worker.thread(), worker);
      try {
        worker.work();
      } catch (Throwable t) {
        execution.breakOff(worker, t);
      } finally {
        if (!worker.wasAbandoned()) {
          atWork.remove(worker.thread());
          countRan(worker);
          try {
            leave(worker);
          } finally {
            execution.returnTokens(worker.takeTokens());
          }
        }
      }
    } else {
      leave(worker);
    }
  }

  private void leave(Worker worker) {
    if (isCaller(worker.thread())) {
      callerIsIdle = true;
    } else {
      helpers.decrementAndGet();
    }
    summon();
  }
}
