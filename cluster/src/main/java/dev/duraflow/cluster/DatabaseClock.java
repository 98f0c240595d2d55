package dev.duraflow.cluster;

import com.github.kagkarlsson.scheduler.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * The database's clock as this process knows it: so that machines whose clocks differ agree on what is due and who is dead. It is
 * compared at each sweep, and goes on by {@link System#nanoTime} in between.
 */
final class DatabaseClock implements Clock {
  private volatile Reading last;

  private record Reading(Instant time, long atNanos) {
    static Reading of(Tables tables) {
      long before = System.nanoTime();
      Instant time = tables.now();
      long after = System.nanoTime();
      return new Reading(time, before + (after - before) / 2);
    }
  }

  private DatabaseClock(Reading last) {
    this.last = last;
  }

  static DatabaseClock of(Tables tables) {
    return new DatabaseClock(Reading.of(tables));
  }

  void compare(Tables tables) {
    last = Reading.of(tables);
  }

  @Override
  public Instant now() {
    Reading known = last;
    return known.time.plus(Duration.ofNanos(System.nanoTime() - known.atNanos));
  }
}
