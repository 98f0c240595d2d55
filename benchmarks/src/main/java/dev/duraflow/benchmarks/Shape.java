package dev.duraflow.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A graph to be built by whoever is measured: its tasks in an order in which each comes after its dependencies, of which it has at
 * most two. All bodies do next to nothing, so that what is left is the cost of running them.
 */
final class Shape {
  private static final int[] NONE = {};

  private final String[] ids;
  private final int[][] dependencies;

  private Shape(int[][] dependencies) {
    this.dependencies = dependencies;
    this.ids =
        IntStream.range(0, dependencies.length).mapToObj(i -> "task-" + i).toArray(String[]::new);
  }

  static Shape independent(int tasks) {
    int[][] dependencies = new int[tasks][];
    Arrays.fill(dependencies, NONE);
    return new Shape(dependencies);
  }

  static Shape chain(int tasks) {
    return chains(1, tasks);
  }

  /** Chains side by side, all first tasks before all second ones. */
  static Shape chains(int chains, int length) {
    int[][] dependencies = new int[chains * length][];
    for (int i = 0; i < dependencies.length; i++) {
      dependencies[i] = i < chains ? NONE : new int[] {i - chains};
    }
    return new Shape(dependencies);
  }

  /** Layers in which each task depends on two of the layer before; the last layer may be narrower. */
  static Shape layered(int width, int tasks) {
    int[][] dependencies = new int[tasks][];
    for (int i = 0; i < tasks; i++) {
      int above = i - width;
      int besideAbove = above - above % width + (above + 1) % width;
      dependencies[i] = above < 0 ? NONE : new int[] {above, besideAbove};
    }
    return new Shape(dependencies);
  }

  /** One task, two that depend on it, and one that depends on these. */
  static Shape diamond() {
    return new Shape(new int[][] {NONE, {0}, {0}, {1, 2}});
  }

  /** One task, and others that depend on it. */
  static Shape fanOut(int others) {
    int[][] dependencies = new int[1 + others][];
    dependencies[0] = NONE;
    Arrays.fill(dependencies, 1, dependencies.length, new int[] {0});
    return new Shape(dependencies);
  }

  int size() {
    return ids.length;
  }

  String id(int task) {
    return ids[task];
  }

  int[] dependencies(int task) {
    return dependencies[task];
  }

  /** For each task, whether no other depends on it. */
  boolean[] ends() {
    boolean[] ends = new boolean[size()];
    Arrays.fill(ends, true);
    for (int[] before : dependencies) {
      for (int task : before) {
        ends[task] = false;
      }
    }
    return ends;
  }

  /** The longest way through, in tasks. */
  int depth() {
    int[] depths = new int[size()];
    int deepest = 0;
    for (int i = 0; i < depths.length; i++) {
      for (int task : dependencies[i]) {
        depths[i] = Math.max(depths[i], depths[task]);
      }
      deepest = Math.max(deepest, ++depths[i]);
    }
    return deepest;
  }

  /** The output of the last task, by a plain loop. */
  int output() {
    int[] outputs = new int[size()];
    for (int i = 0; i < outputs.length; i++) {
      int[] before = dependencies[i];
      outputs[i] = switch (before.length) {
        case 0 -> first();
        case 1 -> next(outputs[before[0]]);
        default -> join(outputs[before[0]], outputs[before[1]]);
      };
    }
    return outputs[outputs.length - 1];
  }

  /** What {@link #first} returns, as stores hold it. */
  static byte[] firstAsStored() {
    return first().toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** The body of a task without dependencies. As with the others, its output is a number that the JVM has boxed already. */
  static Integer first() {
    return 100;
  }

  /** The body of a task with one dependency. */
  static Integer next(Integer input) {
    return (input + 1) & 127;
  }

  /** The body of a task with two dependencies. */
  static Integer join(Integer left, Integer right) {
    return (left + right) & 127;
  }
}
