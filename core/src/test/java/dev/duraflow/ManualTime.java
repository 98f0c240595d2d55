package dev.duraflow;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A clock and a scheduler whose time passes when a test says so; what is due then is done in the test's thread, in order.
 * Thread-safe.
 */
public final class ManualTime extends AbstractExecutorService implements ScheduledExecutorService {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final PriorityQueue<Alarm> alarms = new PriorityQueue<>();
  private long nanos;
  private long numbers;
  private @Nullable Throwable refusal;
  private Runnable whenAsked = () -> {};

  private final Clock clock = new Clock() {
    @Override
    public Instant instant() {
      return BEGIN.plusNanos(now());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  };

  private final class Alarm extends FutureTask<Object> implements ScheduledFuture<Object> {
    private final long due;
    private final long number = numbers++;

    Alarm(Runnable action, long due) {
      super(action, null);
      this.due = due;
    }

    /** Nobody looks into the future. */
    @Override
    protected void setException(Throwable t) {
      super.setException(t);
      throw new AssertionError("an alarm failed", t);
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      synchronized (ManualTime.this) {
        alarms.remove(this);
        ManualTime.this.notifyAll();
      }
      return super.cancel(mayInterrupt);
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return unit.convert(due - now(), TimeUnit.NANOSECONDS);
    }

    @Override
    public int compareTo(Delayed other) {
      Alarm alarm = (Alarm) other;
      return due == alarm.due ? Long.compare(number, alarm.number) : Long.compare(due, alarm.due);
    }
  }

  public Clock clock() {
    return clock;
  }

  private synchronized long now() {
    return nanos;
  }

  /** Lets time pass, and does what is due on the way. */
  public void advance(Duration duration) {
    long end = now() + duration.toNanos();
    while (true) {
      Alarm next;
      synchronized (this) {
        next = alarms.peek();
        if (next == null || next.due > end) {
          nanos = end;
          return;
        }
        alarms.remove();
        nanos = Math.max(nanos, next.due);
      }
      next.run();
    }
  }

  /** Lets time pass of which the scheduler has not heard yet: what is due is late. */
  public synchronized void advanceUnheard(Duration duration) {
    nanos += duration.toNanos();
  }

  /** Returns when so many things wait for their time. */
  public synchronized void awaitWaiting(int count) throws InterruptedException {
    while (alarms.size() != count) {
      wait();
    }
  }

  public synchronized int waiting() {
    return alarms.size();
  }

  /** Takes nothing any more, with a {@code RuntimeException} or an {@code Error}; by null it does again. */
  public synchronized void refuse(@Nullable Throwable with) {
    refusal = with;
  }

  /** Has something done once, by whoever wants to be woken next, before that. */
  public synchronized void whenAsked(Runnable action) {
    whenAsked = action;
  }

  private void refuseIfTold() {
    if (refusal instanceof RuntimeException exception) {
      throw exception;
    } else if (refusal instanceof Error error) {
      throw error;
    }
  }

  @Override
  public synchronized ScheduledFuture<?> schedule(Runnable action, long delay, TimeUnit unit) {
    Runnable first = whenAsked;
    whenAsked = () -> {};
    first.run();
    refuseIfTold();
    Alarm alarm = new Alarm(action, nanos + unit.toNanos(delay));
    alarms.add(alarm);
    notifyAll();
    return alarm;
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void execute(Runnable command) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void shutdown() {}

  @Override
  public List<Runnable> shutdownNow() {
    return List.of();
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public boolean isTerminated() {
    return false;
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }
}
