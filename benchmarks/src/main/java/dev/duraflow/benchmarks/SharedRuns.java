package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** DAGs on the shared store, in a PostgreSQL, whose tasks run in this process. */
final class SharedRuns {
  private static final AtomicLong RUNS = new AtomicLong();
  private static final byte[] OUTPUT = Shape.firstAsStored();

  private SharedRuns() {}

  static List<Measurement> measurements() {
    return List.of(
        new Measurement("postgres.independent", SharedRuns::independent),
        new Measurement("postgres.chain.strict", SharedRuns::strictChain),
        new Measurement("postgres.heap.1m", SharedRuns::heap));
  }

  private static List<Result> independent(Lab lab) throws Exception {
    Unit unit = Unit.TASKS_PER_SECOND;
    Shape shape = Shape.independent(Math.max(2, lab.sizes().many() / 10));
    return onSite(
        lab,
        site -> new Comparison(
                "postgres.independent",
                shape.size(),
                unit,
                Target.of(30_000),
                duraflow(site, shape, unit),
                List.of(Contender.timed(
                    PostgresByHand.BATCHES,
                    unit,
                    () -> PostgresByHand.nanosPerBatchedSave(site.pool(), shape, OUTPUT))))
            .measure(lab.effort()));
  }

  private static List<Result> strictChain(Lab lab) throws Exception {
    Unit unit = Unit.MICROS_PER_TASK;
    Shape shape = Shape.chain(lab.sizes().synced());
    return onSite(
        lab,
        site -> new Comparison(
                "postgres.chain.strict",
                shape.size(),
                unit,
                Target.ofLimit(0.8, unit),
                duraflow(site, shape, unit),
                List.of(Contender.timed(
                    PostgresByHand.ONE_EACH,
                    unit,
                    () -> PostgresByHand.nanosPerSave(site.pool(), shape, OUTPUT))))
            .measure(lab.effort()));
  }

  private static List<Result> heap(Lab lab) throws Exception {
    return onSite(lab, site -> Heap.onPostgres(lab, site));
  }

  private interface Procedure {
    List<Result> on(Site site) throws Exception;
  }

  private static List<Result> onSite(Lab lab, Procedure procedure) throws Exception {
    return lab.scratch().within(directory -> {
      try (Site site = Site.in(directory, lab)) {
        site.store();
        site.execute(PostgresByHand.TABLE);
        return procedure.on(site);
      }
    });
  }

  private static Contender duraflow(Site site, Shape shape, Unit unit) {
    Dag dag = DuraflowRunner.declare(shape);
    return Contender.timed("duraflow", unit, () -> (double) nanosToRun(dag, site) / shape.size());
  }

  /** From opening the run to its end. */
  private static long nanosToRun(Dag dag, Site site) {
    long start = System.nanoTime();
    try (Duraflow duraflow = Duraflow.builder().store(site.store()).build()) {
      duraflow.run(dag, "run-" + RUNS.incrementAndGet());
    }
    return System.nanoTime() - start;
  }
}
