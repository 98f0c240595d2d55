package dev.duraflow.benchmarks;

import com.linkedin.parseq.Engine;
import com.linkedin.parseq.EngineBuilder;
import com.linkedin.parseq.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;

/** LinkedIn's ParSeq on a pool of two threads. */
final class ParSeq implements Runner {
  /** Deeper graphs overflow the stack; near to that, a plan may never end. */
  private static final int MAX_DEPTH = 200;

  /** In larger plans each task takes ever longer; a million, minutes. */
  private static final int MAX_TASKS = 10_000;

  private final ExecutorService pool = Executors.newFixedThreadPool(2);
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final Engine engine =
      new EngineBuilder().setTaskExecutor(pool).setTimerScheduler(timer).build();

  @Override
  public String name() {
    return "ParSeq";
  }

  @Override
  public Optional<String> obstacle(Shape shape) {
    if (shape.depth() > MAX_DEPTH) {
      return Optional.of("overflows its stack on " + shape.depth() + " tasks in a row");
    }
    if (shape.size() > MAX_TASKS) {
      return Optional.of("takes too long for " + shape.size() + " tasks");
    }
    return Optional.empty();
  }

  @Override
  public Graph wire(Shape shape) {
    List<Task<Integer>> tasks = new ArrayList<>(shape.size());
    for (int i = 0; i < shape.size(); i++) {
      String id = shape.id(i);
      int[] before = shape.dependencies(i);
      tasks.add(
          switch (before.length) {
            case 0 -> Task.callable(id, Shape::first);
            case 1 -> tasks.get(before[0]).map(id, Shape::next);
            default -> Task.par(tasks.get(before[0]), tasks.get(before[1])).map(id, Shape::join);
          });
    }
    Task<?> all = all(shape, tasks);
    Task<Integer> last = tasks.get(tasks.size() - 1);
    return () -> {
      engine.run(all);
      all.await();
      return last.get();
    };
  }

  private static Task<?> all(Shape shape, List<Task<Integer>> tasks) {
    boolean[] ends = shape.ends();
    List<Task<Integer>> found = new ArrayList<>();
    for (int i = 0; i < ends.length; i++) {
      if (ends[i]) {
        found.add(tasks.get(i));
      }
    }
    return found.size() == 1 ? found.get(0) : Task.par(found);
  }

  @Override
  public void close() {
    engine.shutdown();
    pool.shutdown();
    timer.shutdown();
  }
}
