package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.cluster.ClusterEngine;
import dev.duraflow.dag.Dag;
import dev.duraflow.examples.cluster.ChildProcess;
import dev.duraflow.remote.TaskEngine;
import java.io.BufferedReader;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** DAGs on the shared store whose tasks run in workers, which are processes. */
final class PlacedRuns {
  /** After so long without a sign of life a worker is taken for dead. */
  private static final Duration DEATH = ClusterGrid.SETTINGS.heartbeat().multipliedBy(6);

  private static final int IN_FLIGHT = 64;
  private static final int LOST = 8;

  private static final AtomicLong RUNS = new AtomicLong();

  private PlacedRuns() {}

  static List<Measurement> measurements() {
    return List.of(
        new Measurement(
            "cluster.throughput",
            lab -> throughput("cluster.throughput", 1_500, ClusterGrid::new, lab)),
        new Measurement(
            "cluster.latency", lab -> latency("cluster.latency", 10, ClusterGrid::new, lab)),
        new Measurement("cluster.recovery", PlacedRuns::recovery),
        new Measurement(
            "ignite.throughput",
            lab -> throughput("ignite.throughput", 5_000, IgniteGrid::new, lab)),
        new Measurement(
            "ignite.latency", lab -> latency("ignite.latency", 2, IgniteGrid::new, lab)));
  }

  private interface GridOn {
    Grid of(Site site, int threads) throws Exception;
  }

  private static List<Result> throughput(String name, double target, GridOn grids, Lab lab)
      throws Exception {
    int tasks = lab.sizes().synced();
    return beside(
        name,
        PlacedTasks.INDEPENDENT.create(tasks),
        tasks,
        IN_FLIGHT,
        Unit.TASKS_PER_SECOND,
        target,
        grids,
        lab);
  }

  /** With one task in flight. */
  private static List<Result> latency(String name, double target, GridOn grids, Lab lab)
      throws Exception {
    int tasks = Math.max(2, lab.sizes().synced() / 20);
    return beside(name, PlacedTasks.CHAIN.create(tasks), tasks, 1, Unit.MILLIS, target, grids, lab);
  }

  private static List<Result> beside(
      String name,
      Dag dag,
      int tasks,
      int inFlight,
      Unit unit,
      double target,
      GridOn grids,
      Lab lab)
      throws Exception {
    return lab.scratch().within(directory -> {
      try (Site site = Site.in(directory, lab);
          Grid grid = grids.of(site, IN_FLIGHT);
          Duraflow duraflow = duraflow(site, grid.engine())) {
        return new Comparison(
                name,
                tasks,
                unit,
                Target.of(target),
                Contender.timed("duraflow", unit, () -> nanosToRun(dag, duraflow) / tasks),
                List.of(
                    Contender.timed(grid.alone(), unit, () -> grid.nanosAlone(tasks, inFlight))))
            .measure(lab.effort().warmer(10));
      }
    });
  }

  private static Duraflow duraflow(Site site, TaskEngine engine) {
    return Duraflow.builder()
        .store(site.store())
        .taskEngine(engine)
        .maxConcurrency(IN_FLIGHT)
        .build();
  }

  private static double nanosToRun(Dag dag, Duraflow duraflow) {
    long start = System.nanoTime();
    duraflow.run(dag, nextRun());
    return System.nanoTime() - start;
  }

  private static String nextRun() {
    return "run-" + RUNS.incrementAndGet();
  }

  // ---- a worker that is killed

  private static List<Result> recovery(Lab lab) throws Exception {
    Dag dag = PlacedTasks.HANGING.create(LOST);
    return lab.scratch().within(directory -> {
      try (Site site = Site.in(directory, lab);
          ClusterEngine engine = ClusterEngine.on(site.pool(), ClusterGrid.SETTINGS);
          Duraflow duraflow = duraflow(site, engine)) {
        return new Comparison(
                "cluster.recovery",
                LOST,
                Unit.OF_DEATH,
                Target.of(2),
                new Contender(
                    "duraflow",
                    () -> nanosToRecover(dag, site, duraflow) / (double) DEATH.toNanos()),
                List.of(new Contender("as soon as it counts as dead", () -> 1)))
            .measure(lab.effort().cold(5));
      }
    });
  }

  /** From the death of a worker to the end of all that it had begun. */
  private static long nanosToRecover(Dag dag, Site site, Duraflow duraflow) throws Exception {
    try (ChildProcess victim = WorkerProcess.start(site, LOST, true)) {
      Run run = duraflow.start(dag, nextRun());
      BufferedReader output = victim.output();
      for (int i = 0; i < LOST; i++) {
        WorkerProcess.await(PlacedTasks.BEGUN, output);
      }
      ChildProcess other = WorkerProcess.start(site, LOST, false);
      try {
        long start = System.nanoTime();
        victim.kill();
        run.await();
        return System.nanoTime() - start;
      } finally {
        other.close();
      }
    }
  }
}
