package dev.duraflow.benchmarks;

import java.util.List;
import java.util.stream.Stream;

/** What can be measured by name. */
record Measurement(String name, Procedure procedure) {
  @FunctionalInterface
  interface Procedure {
    List<Result> measure(Lab lab) throws Exception;
  }

  /** What needs no other process, except for a heap of its own. */
  static List<Measurement> onOneMachine() {
    return Stream.of(
            InMemory.measurements(),
            Makespan.measurements(),
            Durable.measurements(),
            Flow.measurements(),
            Reopened.measurements(),
            Heap.measurements())
        .flatMap(List::stream)
        .toList();
  }

  /** What is measured with a database and workers, which are processes of their own. */
  static List<Measurement> onCluster() {
    return Stream.of(SharedRuns.measurements(), PlacedRuns.measurements(), Scale.measurements())
        .flatMap(List::stream)
        .toList();
  }

  /** Whether a user means this one: by its name, or by what its name begins with, as in {@code memory}. */
  boolean isNamed(String selection) {
    return name.equals(selection) || name.startsWith(selection + ".");
  }

  List<Result> measure(Lab lab) throws Exception {
    return procedure.measure(lab);
  }
}
