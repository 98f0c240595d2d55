package dev.duraflow.engine;

import dev.duraflow.dag.Task;
import org.jspecify.annotations.Nullable;

/**
 * In which order ready tasks are taken: by priority, then the one with the longest remaining path first, which is the classic rule
 * of list scheduling (R. L. Graham, 1969, bounds what it can lose). A path is measured by what its tasks took in earlier runs of the
 * DAG; where
 * nothing is known, all tasks weigh the same. Immutable.
 */
final class Order {
  private final Durations durations;
  private final long unknown;
  /** Whether it is worth while to leave what has just become ready for something that comes first. */
  private final boolean isStrict;

  private Order(Durations durations, boolean isStrict) {
    this.durations = durations;
    this.unknown = durations.shortestNanos();
    this.isStrict = isStrict;
  }

  /**
   * That of a run; null if it has none. Without a store, without listeners and without priorities a task may be over in no time,
   * and is not worth being put in order.
   */
  static @Nullable Order of(Graph graph, Durations durations, boolean hasTinyTasks) {
    boolean isStrict = durations.areKnown() || graph.hasPriorities;
    return hasTinyTasks && !isStrict ? null : new Order(durations, isStrict);
  }

  boolean isStrict() {
    return isStrict;
  }

  /**
   * For each task, how long it takes from its beginning to the end of the run, in nanoseconds or whatever unit, with as many hands
   * as it takes.
   *
   * @param after what comes when the whole graph is done
   */
  long[] remaining(Graph graph, long after) {
    long[] remaining = new long[graph.size()];
    for (int i = graph.size() - 1; i >= 0; i--) {
      long longest = after;
      for (int s = graph.firstSuccessor(i); s < graph.firstSuccessor(i + 1); s++) {
        longest = Math.max(longest, remaining[graph.successor(s)]);
      }
      remaining[i] = longest + weight(graph.tasks[i]);
    }
    return remaining;
  }

  long weight(Task<?> task) {
    Long known = durations.nanos(task.id());
    return known == null ? unknown : known;
  }
}
