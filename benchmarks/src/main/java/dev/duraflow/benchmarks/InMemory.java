package dev.duraflow.benchmarks;

import dev.duraflow.benchmarks.Runner.Graph;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * DAGs without a store. To declare a DAG and to run it are measured apart. The graphs of a sample are wired before they are run, a
 * few at a time, since the peers' run only once.
 */
final class InMemory {
  private static final int TASKS_PER_SAMPLE = 200_000;
  private static final long MAX_NANOS_PER_SAMPLE = 100_000_000;
  private static final int TASKS_WIRED_AHEAD = 1_000;
  private static final int LAYER = 100;
  private static final long MIXED_NANOS = 50_000_000;

  /** Of all kinds, and none that any of the peers can't run. */
  private static final List<Shape> MIXED = List.of(
      Shape.chain(100),
      Shape.independent(1_000),
      Shape.layered(LAYER, 1_000),
      Shape.diamond(),
      Shape.fanOut(100));

  private InMemory() {}

  static List<Measurement> measurements() {
    return List.of(
        large("memory.chain", Shape::chain, InMemory::nanosToRunTask, 40),
        large("memory.independent", Shape::independent, InMemory::nanosToRunTask, 65),
        large("memory.layered", InMemory::layered, InMemory::nanosToRunTask, 80),
        large("declare", InMemory::layered, InMemory::nanosToDeclareTask, 120),
        tiny("tiny.chain5", Shape.chain(5), 1),
        tiny("tiny.diamond", Shape.diamond(), 3),
        tiny("tiny.fanout100", Shape.fanOut(100), 18));
  }

  private static Shape layered(int tasks) {
    return Shape.layered(LAYER, tasks);
  }

  private static Measurement large(
      String name, IntFunction<Shape> shapes, Figure figure, double target) {
    return new Measurement(name, lab -> {
      List<Result> results = new ArrayList<>();
      for (int tasks : List.of(lab.sizes().few(), lab.sizes().many())) {
        results.addAll(
            compare(name, shapes.apply(tasks), Unit.NANOS_PER_TASK, figure, target, lab));
      }
      return results;
    });
  }

  private static Measurement tiny(String name, Shape shape, double target) {
    return new Measurement(
        name, lab -> compare(name, shape, Unit.MICROS_PER_RUN, InMemory::nanosToRun, target, lab));
  }

  /** What is measured of a runner, in nanoseconds. */
  @FunctionalInterface
  private interface Figure {
    double of(Runner runner, Shape shape) throws Exception;
  }

  private static List<Result> compare(
      String name, Shape shape, Unit unit, Figure figure, double target, Lab lab) throws Exception {
    try (DuraflowRunner duraflow = new DuraflowRunner();
        CompletableFutures futures = new CompletableFutures();
        ParSeq parSeq = new ParSeq()) {
      for (Runner each : List.of(duraflow, futures, parSeq)) {
        runMixed(each);
      }
      List<Contender> peers = new ArrayList<>();
      for (Runner peer : List.of(futures, parSeq)) {
        peer.obstacle(shape)
            .ifPresentOrElse(
                obstacle ->
                    lab.note(name + ": not compared with " + peer.name() + ", which " + obstacle),
                () -> peers.add(contender(peer, shape, unit, figure)));
      }
      Contender own = contender(duraflow, shape, unit, figure);
      return new Comparison(name, shape.size(), unit, Target.of(target), own, peers)
          .measure(lab.effort());
    }
  }

  /**
   * Shows the JVM all kinds of graphs before one is measured. Otherwise what is measured first would be compiled for the one kind
   * that there has been, and be quicker than the same at another place in the order, or in a program.
   */
  private static void runMixed(Runner runner) throws Exception {
    for (long start = System.nanoTime(); System.nanoTime() - start < MIXED_NANOS; ) {
      for (Shape shape : MIXED) {
        runner.wire(shape).run();
      }
    }
  }

  private static Contender contender(Runner runner, Shape shape, Unit unit, Figure figure) {
    return Contender.timed(runner.name(), unit, () -> figure.of(runner, shape));
  }

  private static double nanosToRunTask(Runner runner, Shape shape) throws Exception {
    return nanosToRun(runner, shape) / shape.size();
  }

  private static double nanosToRun(Runner runner, Shape shape) throws Exception {
    Graph[] wired = new Graph[Math.max(1, TASKS_WIRED_AHEAD / shape.size())];
    int runs = 0;
    long elapsed = 0;
    while (isTooLittle(runs, shape, elapsed)) {
      for (int i = 0; i < wired.length; i++) {
        wired[i] = runner.wire(shape);
      }
      long start = System.nanoTime();
      for (Graph graph : wired) {
        graph.run();
      }
      elapsed += System.nanoTime() - start;
      runs += wired.length;
    }
    return (double) elapsed / runs;
  }

  private static double nanosToDeclareTask(Runner runner, Shape shape) {
    List<Graph> wired = new ArrayList<>(); // kept, as they would be
    long elapsed = 0;
    while (isTooLittle(wired.size(), shape, elapsed)) {
      long start = System.nanoTime();
      wired.add(runner.wire(shape));
      elapsed += System.nanoTime() - start;
    }
    return (double) elapsed / wired.size() / shape.size();
  }

  private static boolean isTooLittle(int graphs, Shape shape, long elapsedNanos) {
    return graphs == 0
        || ((long) graphs * shape.size() < TASKS_PER_SAMPLE && elapsedNanos < MAX_NANOS_PER_SAMPLE);
  }
}
