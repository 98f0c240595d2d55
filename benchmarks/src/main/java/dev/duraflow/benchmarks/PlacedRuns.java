package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.cluster.ClusterEngine;
import dev.duraflow.cluster.ClusterSettings;
import dev.duraflow.dag.Dag;
import dev.duraflow.examples.cluster.ChildProcess;
import java.io.BufferedReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** DAGs on the shared store whose tasks run in two workers, which are processes; db-scheduler places them. */
final class PlacedRuns {
  static final ClusterSettings SETTINGS =
      ClusterSettings.defaults().withHeartbeat(Duration.ofMillis(500));

  /** After so long without a sign of life a worker is taken for dead. */
  private static final Duration DEATH = SETTINGS.heartbeat().multipliedBy(6);

  private static final int WORKERS = 2;
  private static final int IN_FLIGHT = 64;
  private static final int LOST = 8;

  private static final AtomicLong RUNS = new AtomicLong();

  private final Lab lab;
  private final Site site;
  private final Duraflow duraflow;

  private PlacedRuns(Lab lab, Site site, ClusterEngine engine) {
    this.lab = lab;
    this.site = site;
    this.duraflow = Duraflow.builder()
        .store(site.store())
        .taskEngine(engine)
        .maxConcurrency(IN_FLIGHT)
        .build();
  }

  static List<Measurement> measurements() {
    return List.of(
        measurement("cluster.throughput", PlacedRuns::throughput),
        measurement("cluster.latency", PlacedRuns::latency),
        measurement("cluster.recovery", PlacedRuns::recovery));
  }

  private interface Procedure {
    List<Result> of(PlacedRuns runs) throws Exception;
  }

  private static Measurement measurement(String name, Procedure procedure) {
    return new Measurement(
        name,
        lab -> lab.scratch().within(directory -> {
          try (Site site = Site.in(directory, lab);
              ClusterEngine engine = ClusterEngine.on(site.pool(), SETTINGS)) {
            return procedure.of(new PlacedRuns(lab, site, engine));
          }
        }));
  }

  private List<Result> throughput() throws Exception {
    Unit unit = Unit.TASKS_PER_SECOND;
    int tasks = lab.sizes().synced();
    Dag dag = PlacedTasks.INDEPENDENT.create(tasks);
    return beside(
        IN_FLIGHT,
        alone -> new Comparison(
                "cluster.throughput",
                tasks,
                unit,
                Target.of(1_500),
                Contender.timed("duraflow", unit, () -> (double) nanosToRun(dag) / tasks),
                List.of(Contender.timed(
                    SchedulerAlone.NAME, unit, () -> alone.nanosPerTask(tasks, IN_FLIGHT))))
            .measure(lab.effort()));
  }

  /** With one task in flight. */
  private List<Result> latency() throws Exception {
    Unit unit = Unit.MILLIS;
    int tasks = Math.max(2, lab.sizes().synced() / 20);
    Dag dag = PlacedTasks.CHAIN.create(tasks);
    return beside(
        1,
        alone -> new Comparison(
                "cluster.latency",
                tasks,
                unit,
                Target.of(10),
                Contender.timed("duraflow", unit, () -> (double) nanosToRun(dag) / tasks),
                List.of(
                    Contender.timed(SchedulerAlone.NAME, unit, () -> alone.nanosPerTask(tasks, 1))))
            .measure(lab.effort()));
  }

  private interface Beside {
    List<Result> alone(SchedulerAlone alone) throws Exception;
  }

  private List<Result> beside(int threads, Beside measuring) throws Exception {
    List<ChildProcess> workers = new ArrayList<>();
    try (SchedulerAlone alone = new SchedulerAlone(site, threads)) {
      for (int i = 0; i < WORKERS; i++) {
        workers.add(WorkerProcess.start(site, IN_FLIGHT / WORKERS, false));
      }
      return measuring.alone(alone);
    } finally {
      workers.forEach(ChildProcess::close);
    }
  }

  private long nanosToRun(Dag dag) {
    long start = System.nanoTime();
    duraflow.run(dag, nextRun());
    return System.nanoTime() - start;
  }

  private static String nextRun() {
    return "run-" + RUNS.incrementAndGet();
  }

  // ---- a worker that is killed

  private List<Result> recovery() throws Exception {
    Dag dag = PlacedTasks.HANGING.create(LOST);
    try (ChildProcess other = WorkerProcess.start(site, LOST, false)) {
      duraflow.run(dag, nextRun()); // what is used for the first time takes longer
    }
    Contender limit = new Contender("as soon as it counts as dead", () -> 1);
    return new Comparison(
            "cluster.recovery",
            LOST,
            Unit.OF_DEATH,
            Target.of(2),
            new Contender("duraflow", () -> nanosToRecover(dag) / (double) DEATH.toNanos()),
            List.of(limit))
        .measure(lab.effort().cold(5));
  }

  /** From the death of a worker to the end of all that it had begun. */
  private long nanosToRecover(Dag dag) throws Exception {
    try (ChildProcess victim = WorkerProcess.start(site, LOST, true)) {
      Run run = duraflow.start(dag, nextRun());
      BufferedReader output = victim.output();
      for (int i = 0; i < LOST; i++) {
        WorkerProcess.await(PlacedTasks.BEGUN, output);
      }
      try (ChildProcess other = WorkerProcess.start(site, LOST, false)) {
        long start = System.nanoTime();
        victim.kill();
        run.await();
        return System.nanoTime() - start;
      }
    }
  }
}
