package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Recovery;
import dev.duraflow.dag.Task;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A DAG compiled to arrays: tasks by ordinal, how many inputs each waits for, and who waits for it. Successor lists lie one
 * after the other in one array, in ascending order. Immutable, so that every run and thread may share it.
 */
final class Graph {
  final Dag dag;
  final Task<?>[] tasks;
  final int[] dependencyCounts;
  /** Whether anything but dependencies and bodies was said of any task. */
  final boolean hasOptions;

  /** Whether a priority was. */
  final boolean hasPriorities;

  private final int[] successors;
  private final int[] firstSuccessor;
  /** Null if there are none. */
  private final @Nullable BitSet handled;

  private Graph(
      Dag dag,
      Task<?>[] tasks,
      int[] dependencyCounts,
      boolean hasOptions,
      boolean hasPriorities,
      int[] successors,
      int[] firstSuccessor,
      @Nullable BitSet handled) {
    this.dag = dag;
    this.tasks = tasks;
    this.dependencyCounts = dependencyCounts;
    this.hasOptions = hasOptions;
    this.hasPriorities = hasPriorities;
    this.successors = successors;
    this.firstSuccessor = firstSuccessor;
    this.handled = handled;
  }

  static Graph of(Dag dag) {
    return of(dag, null);
  }

  /** @param wanted the task whose output somebody outside the graph depends on */
  static Graph of(Dag dag, @Nullable Task<?> wanted) {
    Task<?>[] tasks = dag.tasks().toArray(new Task<?>[0]);
    int[] dependencyCounts = new int[tasks.length];
    int[] end = new int[tasks.length + 1];
    boolean hasOptions = false;
    boolean hasPriorities = false;
    boolean hasRecoveries = false;
    for (int i = 0; i < tasks.length; i++) {
      if (tasks[i].hasOptions()) {
        hasOptions = true;
        hasPriorities |= tasks[i].options().priority() != 0;
      }
      List<Task<?>> dependencies = tasks[i].dependencies();
      dependencyCounts[i] = dependencies.size();
      hasRecoveries |= tasks[i] instanceof Recovery;
      for (int d = 0; d < dependencyCounts[i]; d++) {
        end[dependencies.get(d).ordinal()]++;
      }
    }
    for (int i = 1; i <= tasks.length; i++) {
      end[i] += end[i - 1];
    }
    // Filled from the last task backwards, each list's end becomes its beginning, and the lists
    // come out ascending.
    int[] successors = new int[end[tasks.length]];
    for (int i = tasks.length - 1; i >= 0; i--) {
      List<Task<?>> dependencies = tasks[i].dependencies();
      for (int d = dependencyCounts[i] - 1; d >= 0; d--) {
        successors[--end[dependencies.get(d).ordinal()]] = i;
      }
    }
    BitSet handled = hasRecoveries ? handled(tasks, successors, end, wanted) : null;
    return new Graph(
        dag, tasks, dependencyCounts, hasOptions, hasPriorities, successors, end, handled);
  }

  private static BitSet handled(
      Task<?>[] tasks, int[] successors, int[] firstSuccessor, @Nullable Task<?> wanted) {
    BitSet handled = new BitSet(tasks.length);
    for (int i = tasks.length - 1; i >= 0; i--) {
      boolean all = firstSuccessor[i] < firstSuccessor[i + 1] && tasks[i] != wanted;
      for (int s = firstSuccessor[i]; all && s < firstSuccessor[i + 1]; s++) {
        all = tasks[successors[s]] instanceof Recovery || handled.get(successors[s]);
      }
      handled.set(i, all);
    }
    return handled;
  }

  boolean handlesFailures() {
    return handled != null;
  }

  /**
   * Whether the failure of a task is taken care of within this graph: there are tasks that depend on it, and each of them takes
   * outcomes, or is skipped and that is taken care of.
   */
  boolean handles(int task) {
    return handled != null && handled.get(task);
  }

  int size() {
    return tasks.length;
  }

  /** Where the successors of a task begin; they end where the next task's begin. */
  int firstSuccessor(int task) {
    return firstSuccessor[task];
  }

  int successor(int position) {
    return successors[position];
  }
}
