package dev.duraflow.engine;

import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Task;
import dev.duraflow.error.InvalidDagException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The limits of an engine and the tasks that wait for their permits. Thread-safe.
 *
 * <p>All of it is guarded by one lock, and what follows for runs, tasks that may go on and tokens that come back, is done when the
 * lock is free again. A limit serves those who wait in the order in which they came, and nobody passes them. A task with several
 * limits takes their permits in the order of their names, so that no two wait for each other; while it waits for one it keeps
 * those that it has. Who waits holds a token of its run and no thread.
 */
public final class Limits {
  private final ScheduledExecutorService scheduler;
  private final Clock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Level> levels = new HashMap<>();

  /** How a limit stands. */
  private static final class Level {
    final Limit limit;
    /** Of a limit of how many at once. */
    int free;
    /** Of a limit of how many in a time: when the next may begin, in nanoseconds since 1970. */
    long next = Long.MIN_VALUE;

    final ArrayDeque<Waiter> queue = new ArrayDeque<>();
    /** Wakes the first in the queue; null if none is set. */
    @Nullable
    Future<?> alarm;

    Level(Limit limit) {
      this.limit = limit;
      this.free = limit.permits();
    }

    long interval() {
      return TimeUnit.NANOSECONDS.convert(limit.period()) / limit.permits();
    }
  }

  /** A task that has some of its permits. */
  private static final class Waiter {
    final Execution execution;
    final Frame frame;
    final int task;
    final List<Limit> limits;
    /** How many of the permits it has. */
    int held;

    Waiter(Execution execution, Frame frame, int task, List<Limit> limits) {
      this.execution = execution;
      this.frame = frame;
      this.task = task;
      this.limits = limits;
    }
  }

  /** What is to be done when the lock is free again. */
  private static final class Consequences {
    /** They have all permits. */
    final List<Waiter> ready = new ArrayList<>();
    /** They wait for a time, and the scheduler has refused to wake anybody. */
    final Set<Execution> stranded = new LinkedHashSet<>();

    void come() {
      for (Waiter waiter : ready) {
        waiter.execution.offer(waiter.frame, waiter.task, waiter.limits);
      }
      for (Execution execution : stranded) {
        execution.cancel("since the scheduler takes nothing any more");
      }
    }
  }

  public Limits(ScheduledExecutorService scheduler, Clock clock) {
    this.scheduler = scheduler;
    this.clock = clock;
  }

  /**
   * Makes the limits of tasks known.
   *
   * @throws InvalidDagException if a name is known for another limit
   */
  void register(Graph graph) {
    if (graph.hasOptions) {
      for (Task<?> task : graph.tasks) {
        if (!task.options().limits().isEmpty()) {
          register(task);
        }
      }
    }
  }

  private void register(Task<?> task) {
    lock.lock();
    try {
      for (Limit limit : task.options().limits()) {
        Limit known = levels.computeIfAbsent(limit.name(), name -> new Level(limit)).limit;
        if (!known.equals(limit)) {
          throw new InvalidDagException(task + " has " + limit + ", and this engine has " + known
              + "; give one of them another name");
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes the permits of a task, or lets it wait for them, with a token that it has been given; answers whether it has them.
   */
  boolean acquire(Execution execution, Frame frame, int task, List<Limit> limits) {
    Waiter waiter = new Waiter(execution, frame, task, limits);
    try {
      lock.lock();
      try {
        return goesOn(waiter);
      } finally {
        lock.unlock();
      }
    } catch (Throwable refusal) { // of the scheduler
      release(limits.subList(0, waiter.held));
      throw refusal;
    }
  }

  /** Gives back what a body had. */
  void release(List<Limit> limits) {
    Consequences consequences = new Consequences();
    lock.lock();
    try {
      release(limits, limits.size(), consequences);
    } finally {
      lock.unlock();
    }
    consequences.come();
  }

  /** Gives up the tasks of a run that is stopping. */
  void clear(Execution execution) {
    Consequences consequences = new Consequences();
    int cleared = 0;
    lock.lock();
    try {
      List<Waiter> gone = new ArrayList<>();
      for (Level level : levels.values()) {
        for (Iterator<Waiter> all = level.queue.iterator(); all.hasNext(); ) {
          Waiter waiter = all.next();
          if (waiter.execution == execution) {
            all.remove();
            gone.add(waiter);
          }
        }
      }
      cleared = gone.size();
      for (Waiter waiter : gone) {
        release(waiter.limits, waiter.held, consequences);
      }
    } finally {
      lock.unlock();
    }
    consequences.come();
    if (cleared > 0) {
      execution.returnTokens(cleared);
    }
  }

  // ---- under the lock

  /** Takes what is free; false if it has to wait, in the queue of the first limit that has nothing. */
  private boolean goesOn(Waiter waiter) {
    while (waiter.held < waiter.limits.size()) {
      Level level = level(waiter.limits.get(waiter.held));
      if (!level.queue.isEmpty() || !take(level)) {
        if (!level.limit.isConcurrency()) {
          setAlarm(level); // or it throws, and nobody is left in the queue
        }
        level.queue.add(waiter);
        return false;
      }
      waiter.held++;
    }
    return true;
  }

  private Level level(Limit limit) {
    return levels.computeIfAbsent(limit.name(), name -> new Level(limit));
  }

  private boolean take(Level level) {
    if (level.limit.isConcurrency()) {
      if (level.free == 0) {
        return false;
      }
      level.free--;
      return true;
    }
    long now = now();
    // More than an interval away it can only be if the clock was put back.
    if (now < level.next && level.next - now <= level.interval()) {
      return false;
    }
    level.next = now + level.interval();
    return true;
  }

  private void release(List<Limit> limits, int held, Consequences consequences) {
    for (int i = 0; i < held; i++) {
      Level level = level(limits.get(i));
      if (level.limit.isConcurrency()) {
        level.free++;
        serve(level, consequences);
      }
    }
  }

  /** Lets those go on for whom there are permits now. */
  private void serve(Level level, Consequences consequences) {
    while (!level.queue.isEmpty() && take(level)) {
      Waiter waiter = level.queue.remove();
      waiter.held++;
      boolean has;
      try {
        has = goesOn(waiter);
      } catch (Throwable refusal) { // of the scheduler
        // In that queue it is found, with what it holds, when its run is cancelled.
        level(waiter.limits.get(waiter.held)).queue.add(waiter);
        consequences.stranded.add(waiter.execution);
        continue;
      }
      if (has) {
        consequences.ready.add(waiter);
      }
    }
  }

  private void setAlarm(Level level) {
    if (level.alarm == null) {
      long delay = Math.max(0, level.next - now());
      level.alarm = scheduler.schedule(() -> alarm(level), delay, TimeUnit.NANOSECONDS);
    }
  }

  private void alarm(Level level) {
    Consequences consequences = new Consequences();
    lock.lock();
    try {
      level.alarm = null;
      serve(level, consequences);
      if (!level.queue.isEmpty()) {
        setAlarm(level);
      }
    } catch (Throwable refusal) { // of the scheduler
      level.queue.forEach(waiter -> consequences.stranded.add(waiter.execution));
    } finally {
      lock.unlock();
    }
    consequences.come();
  }

  private long now() {
    Instant now = clock.instant();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }
}
