package dev.duraflow.dag;

import java.time.Duration;

/**
 * A limit that tasks share: so many at once, or so many in a time. It holds for all runs of one engine, and is known by its name.
 * A task that has to wait holds no thread; tasks that wait come in the order in which they began to. Immutable.
 *
 * <pre>{@code
 * Limit api = Limit.perSecond("api", 10);
 * dag.map("page", urls, Url::path, Page::fetch).limit(api);
 * }</pre>
 *
 * @param name what it is known by in the engine; a second limit of that name must be the same
 * @param permits how many
 * @param period in what time; {@link Duration#ZERO} for a limit of how many at once
 */
public record Limit(String name, int permits, Duration period) {
  public Limit {
    Ids.check(name, "a limit's name");
    if (permits < 1) {
      throw new IllegalArgumentException(
          "limit '" + name + "' must have at least 1 permit: " + permits);
    }
    if (period.isNegative()) {
      throw new IllegalArgumentException(
          "limit '" + name + "' must not have a negative period: " + period);
    }
  }

  /** At most so many bodies at once. */
  public static Limit concurrent(String name, int permits) {
    return new Limit(name, permits, Duration.ZERO);
  }

  /** At most so many bodies begin in a second, evenly spread. */
  public static Limit perSecond(String name, int permits) {
    return new Limit(name, permits, Duration.ofSeconds(1));
  }

  /** At most so many bodies begin in a minute, evenly spread. */
  public static Limit perMinute(String name, int permits) {
    return new Limit(name, permits, Duration.ofMinutes(1));
  }

  /** Whether it says how many at once, and not how many in a time. */
  public boolean isConcurrency() {
    return period.isZero();
  }

  @Override
  public String toString() {
    return "limit '" + name + "', " + permits + (isConcurrency() ? " at once" : " in " + period);
  }
}
