package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.util.ArrayList;
import java.util.List;

/** duraflow without a store. */
final class DuraflowRunner implements Runner {
  private final Duraflow duraflow = Duraflow.withoutStore();

  @Override
  public String name() {
    return "duraflow";
  }

  @Override
  public Graph wire(Shape shape) {
    Dag dag = Dag.named("dag");
    Task<Integer> last = declare(shape, dag);
    return () -> duraflow.run(dag).get(last);
  }

  /** A DAG of that shape. */
  static Dag declare(Shape shape) {
    Dag dag = Dag.named("dag");
    declare(shape, dag);
    return dag;
  }

  private static Task<Integer> declare(Shape shape, Dag dag) {
    List<Task<Integer>> tasks = new ArrayList<>(shape.size());
    for (int i = 0; i < shape.size(); i++) {
      String id = shape.id(i);
      int[] before = shape.dependencies(i);
      tasks.add(
          switch (before.length) {
            case 0 -> dag.task(id, Shape::first);
            case 1 -> dag.task(id, tasks.get(before[0]), Shape::next);
            default -> dag.task(id, tasks.get(before[0]), tasks.get(before[1]), Shape::join);
          });
    }
    return tasks.get(tasks.size() - 1);
  }

  @Override
  public void close() {
    duraflow.close();
  }
}
