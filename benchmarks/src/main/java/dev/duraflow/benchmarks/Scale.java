package dev.duraflow.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What a cluster that nobody has here would do, by {@link ClusterSimulation} from what was measured on a small one. {@code
 * docs/scale.md} says what follows from it.
 */
final class Scale {
  private static final int WORKERS = 1_000;
  private static final int THREADS = 8;
  private static final int TASKS = 300_000;
  private static final int TASKS_IF_QUICK = 60_000;

  /** Bodies that take so long. */
  private static final List<Duration> BODIES = List.of(
      Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMinutes(1));

  private Scale() {}

  static List<Measurement> measurements() {
    return List.of(new Measurement("scale.workers1000", Scale::measure));
  }

  private static List<Result> measure(Lab lab) {
    int tasks = lab.effort().isQuick() ? TASKS_IF_QUICK : TASKS;
    List<Result> results = new ArrayList<>();
    for (Duration body : BODIES) {
      ClusterSimulation.Site site = ClusterSimulation.Site.measured(WORKERS, THREADS, body);
      ClusterSimulation.Outcome outcome = ClusterSimulation.run(site, tasks, 1);
      double bound = site.bound().tasksPerSecond();
      lab.note(String.format(
          "scale.workers1000: bodies of %s: %s; database %.0f %% busy, coordinator %.0f %%, slots %.0f %%;"
              + " 100 million tasks take %.1f h",
          body,
          site.bound().what(),
          100 * outcome.databaseBusy(),
          100 * outcome.coordinatorBusy(),
          100 * outcome.slotsBusy(),
          1e8 / outcome.tasksPerSecond() / 3_600));
      double[] value = {outcome.tasksPerSecond()};
      double[] peer = {bound};
      results.add(new Result(
          "scale.workers1000",
          body.toMillis(),
          Unit.TASKS_PER_SECOND,
          Spread.of(value),
          site.bound().what(),
          Spread.of(peer),
          0.8 * bound));
    }
    return results;
  }
}
