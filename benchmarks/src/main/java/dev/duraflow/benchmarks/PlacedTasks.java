package dev.duraflow.benchmarks;

import dev.duraflow.dag.Dag;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The DAGs whose tasks run in workers. Each has a number of tasks as its parameter. */
final class PlacedTasks {
  static final DagFactory<Integer> INDEPENDENT = DagFactory.named(
      "independent", Integer.class, tasks -> DuraflowRunner.declare(Shape.independent(tasks)));

  static final DagFactory<Integer> CHAIN =
      DagFactory.named("chain", Integer.class, tasks -> DuraflowRunner.declare(Shape.chain(tasks)));

  /** Independent tasks that never end in a process of which that is wanted. */
  static final DagFactory<Integer> HANGING =
      DagFactory.named("hanging", Integer.class, PlacedTasks::hanging);

  static final DagFactories ALL = DagFactories.of(List.of(INDEPENDENT, CHAIN, HANGING));

  /** The property that says that tasks of {@link #HANGING} never end in this process. */
  static final String HANGS = "duraflow.bench.hangs";

  /** What such a task prints. */
  static final String BEGUN = "begun";

  private PlacedTasks() {}

  private static Dag hanging(int tasks) {
    Dag dag = Dag.named("dag");
    for (int i = 0; i < tasks; i++) {
      dag.task("task-" + i, PlacedTasks::hang);
    }
    return dag;
  }

  private static Integer hang() throws InterruptedException {
    if (Boolean.getBoolean(HANGS)) {
      System.out.println(BEGUN);
      new CountDownLatch(1).await();
    }
    return Shape.first();
  }
}
