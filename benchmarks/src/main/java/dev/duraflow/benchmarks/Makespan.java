package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * How long random DAGs take on a few slots, beside the shortest that is possible: the longest path, or all work spread evenly. The
 * bodies sleep, some of them much longer than most.
 */
final class Makespan {
  private static final int SLOTS = 8;
  private static final int DAGS = 200;
  private static final int DAGS_IF_QUICK = 15;
  private static final double TYPICAL_MILLIS = 2;
  private static final double MOST_MILLIS = 60;

  private Makespan() {}

  static List<Measurement> measurements() {
    return List.of(new Measurement("schedule.makespan", Makespan::measure));
  }

  private static List<Result> measure(Lab lab) {
    int dags = lab.effort().isQuick() ? DAGS_IF_QUICK : DAGS;
    double[] learnt = new double[dags];
    double[] declared = new double[dags];
    for (int i = 0; i < dags; i++) {
      Store store = Store.inMemory();
      try (Duraflow duraflow =
          Duraflow.builder().store(store).maxConcurrency(SLOTS).build()) {
        Sleepers sleepers = new Sleepers(new Random(i));
        declared[i] = sleepers.overBound(duraflow, "declared", true);
        learnt[i] = sleepers.overBound(duraflow, "learnt", false);
      }
    }
    return List.of(new Result(
        "schedule.makespan",
        dags,
        Unit.OF_BOUND,
        Spread.of(learnt),
        "declaration order",
        Spread.of(declared),
        1.05));
  }

  /** A DAG whose tasks sleep. */
  private static final class Sleepers {
    private final int[][] dependencies;
    private final long[] nanos;
    /** What each task took, when it last ran: somewhat longer than it asked for. */
    private final long[] taken;

    Sleepers(Random random) {
      int size = 60 + random.nextInt(100);
      dependencies = new int[size][];
      nanos = new long[size];
      taken = new long[size];
      for (int i = 0; i < size; i++) {
        int from = Math.max(0, i - 40);
        dependencies[i] = i < SLOTS
            ? new int[0]
            : random.ints(random.nextInt(3), from, i).distinct().toArray();
        double millis = Math.min(MOST_MILLIS, TYPICAL_MILLIS * Math.exp(random.nextGaussian()));
        nanos[i] = (long) (millis * 1e6);
      }
    }

    /** Runs it, and answers by how much it took longer than is possible. */
    double overBound(Duraflow duraflow, String runId, boolean inDeclarationOrder) {
      Dag dag = Dag.named("sleepers");
      List<Task<Integer>> tasks = new ArrayList<>();
      for (int i = 0; i < nanos.length; i++) {
        int task = i;
        List<Task<Integer>> before = new ArrayList<>();
        for (int dependency : dependencies[i]) {
          before.add(tasks.get(dependency));
        }
        tasks.add(dag.task("task-" + i, before, in -> sleep(task)).returns(Integer.class));
        if (inDeclarationOrder) {
          tasks.get(i).priority(-i);
        }
      }
      long start = System.nanoTime();
      duraflow.run(dag, runId);
      return (double) (System.nanoTime() - start) / bound();
    }

    private int sleep(int task) throws InterruptedException {
      long start = System.nanoTime();
      TimeUnit.NANOSECONDS.sleep(nanos[task]);
      taken[task] = System.nanoTime() - start;
      return task;
    }

    private long bound() {
      long work = 0;
      long longest = 0;
      long[] end = new long[taken.length];
      for (int i = 0; i < taken.length; i++) {
        for (int dependency : dependencies[i]) {
          end[i] = Math.max(end[i], end[dependency]);
        }
        end[i] += taken[i];
        longest = Math.max(longest, end[i]);
        work += taken[i];
      }
      return Math.max(longest, work / SLOTS);
    }
  }
}
