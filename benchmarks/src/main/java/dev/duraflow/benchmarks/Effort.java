package dev.duraflow.benchmarks;

import java.time.Duration;

/**
 * How much is measured.
 *
 * @param rounds samples a contender
 * @param warmUp at least so long for each contender, before its first sample
 */
record Effort(int rounds, Duration warmUp, Sizes sizes) {
  /**
   * Numbers of tasks.
   *
   * @param few a DAG that a cache holds
   * @param many a DAG that it doesn't
   * @param synced tasks that each wait for a sync of their own
   * @param runs runs in one store
   */
  record Sizes(int few, int many, int synced, int runs) {
    Sizes withMany(int tasks) {
      return new Sizes(few, tasks, synced, runs);
    }
  }

  static Effort full() {
    return new Effort(9, Duration.ofSeconds(2), new Sizes(10_000, 1_000_000, 5_000, 10_000));
  }

  /** Done within a minute. */
  static Effort quick() {
    return new Effort(3, Duration.ofMillis(200), new Sizes(10_000, 100_000, 500, 1_000));
  }

  boolean isQuick() {
    return rounds < full().rounds;
  }

  Effort withMany(int tasks) {
    return new Effort(rounds, warmUp, sizes.withMany(tasks));
  }

  /** For what is spread over several processes, each of which compiles for itself. */
  Effort warmer(int times) {
    return new Effort(rounds, warmUp.multipliedBy(times), sizes);
  }

  /** For what a warm-up wouldn't change, or what is too dear to do again and again. */
  Effort cold(int atMostRounds) {
    return new Effort(Math.min(atMostRounds, rounds), Duration.ZERO, sizes);
  }
}
