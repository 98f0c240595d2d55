package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.Durability;
import dev.duraflow.store.Store;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What tasks cost that wait to be tried again, and what the elements of a map do. */
final class Flow {
  private static final double MOST_BYTES_WAITING = 500;
  /** How much longer an element may take than a task. */
  private static final double MOST_TIMES = 1.5;

  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  private Flow() {}

  static List<Measurement> measurements() {
    return List.of(
        new Measurement("retry.waiting", Flow::waiting),
        new Measurement("map.elements", Flow::elements));
  }

  /** As many as there are a hundred thousand of by default. */
  private static int tasks(Lab lab) {
    return Math.max(2, lab.sizes().many() / 10);
  }

  // ---- waiting

  private static List<Result> waiting(Lab lab) throws Exception {
    int tasks = tasks(lab);
    Contender timers = new Contender("a timer each", () -> bytesOfTimer(tasks));
    List<Result> results = new ArrayList<>();
    for (boolean stored : new boolean[] {false, true}) {
      Contender own = new Contender(
          "duraflow",
          () -> lab.scratch().within(directory -> bytesWaiting(tasks, stored ? directory : null)));
      results.addAll(new Comparison(
              stored ? "retry.waiting.journal" : "retry.waiting",
              tasks,
              Unit.BYTES_PER_TASK,
              Target.of(MOST_BYTES_WAITING),
              own,
              List.of(timers))
          .measure(lab.effort().cold(5)));
    }
    return results;
  }

  /** The heap that a run takes for each task when all have failed once and wait; in no thread, or this throws. */
  private static double bytesWaiting(int tasks, @Nullable Path directory) throws Exception {
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    ExecutorService pool = Executors.newCachedThreadPool();
    AtomicInteger atWork = new AtomicInteger();
    Dag dag = failing(tasks);
    Duraflow.Builder builder = Duraflow.builder().scheduler(timer).executor(command -> {
      atWork.incrementAndGet();
      pool.execute(() -> {
        try {
          command.run();
        } finally {
          atWork.decrementAndGet();
        }
      });
    });
    try (Store store = directory == null ? Store.inMemory() : Store.journal(directory)) {
      if (directory != null) {
        builder.store(store);
      }
      long before = usedHeap();
      Run run = builder.build().start(dag);
      while (timer.getQueue().size() < tasks || atWork.get() > 0) {
        LockSupport.parkNanos(100_000);
        if (run.await(Duration.ZERO)) {
          throw new IllegalStateException(run + " should wait");
        }
      }
      long bytes = settledHeap() - before;
      run.cancel();
      run.await(Duration.ofMinutes(1));
      return (double) bytes / tasks;
    } finally {
      timer.shutdownNow();
      pool.shutdownNow();
    }
  }

  private static Dag failing(int tasks) {
    Dag dag = Dag.named("dag").retry(Retry.times(2).backoff(Duration.ofDays(1)));
    for (int i = 0; i < tasks; i++) {
      dag.task("task-" + i, Flow::fail);
    }
    return dag;
  }

  private static Integer fail() {
    throw new IllegalStateException("not yet");
  }

  @SuppressWarnings("FutureReturnValueIgnored") // kept, they would be counted
  private static double bytesOfTimer(int timers) {
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    try {
      long before = usedHeap();
      for (int i = 0; i < timers; i++) {
        int number = i;
        timer.schedule(() -> number, 1, TimeUnit.DAYS);
      }
      return (double) (usedHeap() - before) / timers;
    } finally {
      timer.shutdownNow();
      Reference.reachabilityFence(timer);
    }
  }

  /** When it falls no more: what is on its way to the disk takes its place for milliseconds, and not as long as a task waits. */
  private static long settledHeap() {
    long used = usedHeap();
    for (int look = 0; look < 20; look++) {
      LockSupport.parkNanos(20_000_000);
      long before = used;
      used = Math.min(before, usedHeap());
      if (used > 0.999 * before) {
        break;
      }
    }
    return used;
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  // ---- elements

  private static List<Result> elements(Lab lab) throws Exception {
    int tasks = tasks(lab);
    List<Result> results = new ArrayList<>();
    for (boolean stored : new boolean[] {false, true}) {
      results.addAll(new Comparison(
              stored ? "map.elements.journal" : "map.elements",
              tasks,
              Unit.NANOS_PER_TASK,
              Target.ofLimit(1 / MOST_TIMES, Unit.NANOS_PER_TASK),
              contender("duraflow", stored, tasks, Flow::map, lab),
              List.of(contender("tasks one by one", stored, tasks, Flow::oneByOne, lab)))
          .measure(lab.effort()));
    }
    return results;
  }

  @FunctionalInterface
  private interface Declaration {
    Dag of(int tasks);
  }

  /** From declaring a DAG to its end. */
  private static Contender contender(
      String name, boolean stored, int tasks, Declaration declaration, Lab lab) {
    return Contender.timed(
        name,
        Unit.NANOS_PER_TASK,
        () -> lab.scratch().within(directory -> {
          long start = System.nanoTime();
          Dag dag = declaration.of(tasks);
          if (stored) {
            JournalRuns.nanosToRun(dag, Durability.STRICT, directory);
          } else {
            Duraflow.withoutStore().run(dag);
          }
          return (double) (System.nanoTime() - start) / tasks;
        }));
  }

  private static Dag map(int tasks) {
    Dag dag = Dag.named("dag");
    Task<List<Integer>> numbers =
        dag.task("numbers", () -> IntStream.range(0, tasks).boxed().toList()).returns(INTEGERS);
    Task<List<Integer>> map = dag.map("task", numbers, String::valueOf, Shape::next);
    dag.task("count", map, List::size);
    return dag;
  }

  private static Dag oneByOne(int tasks) {
    Dag dag = Dag.named("dag");
    List<Task<Integer>> all = new ArrayList<>(tasks);
    Task<Integer> first = dag.task("first", Shape::first);
    for (int i = 0; i < tasks; i++) {
      all.add(dag.task("task-" + i, first, Shape::next));
    }
    dag.gather("count", all, List::size);
    return dag;
  }
}
