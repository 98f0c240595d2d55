package dev.duraflow.benchmarks;

import java.util.Optional;

/** Something that runs graphs in memory, as its users would have it do so. */
interface Runner extends AutoCloseable {
  String name();

  /** Why it can't run a graph of that shape. */
  default Optional<String> obstacle(Shape shape) {
    return Optional.empty();
  }

  /** Builds a graph and starts nothing. */
  Graph wire(Shape shape);

  @Override
  void close();

  /** A graph that is ready to run, once. */
  @FunctionalInterface
  interface Graph {
    /** Runs all tasks; answers the output of the last one. */
    int run() throws Exception;
  }
}
