package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Recovery;
import dev.duraflow.dag.Task;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A DAG compiled to arrays: tasks by ordinal, what each depends on, and who waits for it. The lists of dependencies lie one after
 * the other in one array, and so do those of successors, which are ascending. Immutable, so that every run and thread may share it.
 */
final class Graph {
  final Dag dag;
  final Task<?>[] tasks;
  /** Whether anything but dependencies and bodies was said of any task. */
  final boolean hasOptions;

  /** Whether a priority was. */
  final boolean hasPriorities;

  private final int[] dependencies;
  private final int[] firstDependency;
  private final int[] successors;
  private final int[] firstSuccessor;
  /** Null if there are none. */
  private final @Nullable BitSet handled;

  private Graph(
      Dag dag,
      Task<?>[] tasks,
      boolean hasOptions,
      boolean hasPriorities,
      int[] dependencies,
      int[] firstDependency,
      int[] successors,
      int[] firstSuccessor,
      @Nullable BitSet handled) {
    this.dag = dag;
    this.tasks = tasks;
    this.hasOptions = hasOptions;
    this.hasPriorities = hasPriorities;
    this.dependencies = dependencies;
    this.firstDependency = firstDependency;
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
    int[] dependencies = new int[tasks.length];
    int[] firstDependency = new int[tasks.length + 1];
    boolean hasOptions = false;
    boolean hasPriorities = false;
    boolean hasRecoveries = false;
    int count = 0;
    for (int i = 0; i < tasks.length; i++) {
      if (tasks[i].hasOptions()) {
        hasOptions = true;
        hasPriorities |= tasks[i].options().priority() != 0;
      }
      hasRecoveries |= tasks[i] instanceof Recovery;
      List<Task<?>> inputs = tasks[i].dependencies();
      int end = count + inputs.size();
      if (end > dependencies.length) {
        dependencies = Arrays.copyOf(dependencies, Math.max(2 * dependencies.length, end));
      }
      for (int d = 0; count < end; d++) {
        dependencies[count++] = inputs.get(d).ordinal();
      }
      firstDependency[i + 1] = end;
    }
    int[] firstSuccessor = new int[tasks.length + 1];
    int[] successors = successors(dependencies, firstDependency, firstSuccessor);
    BitSet handled = hasRecoveries ? handled(tasks, successors, firstSuccessor, wanted) : null;
    return new Graph(
        dag,
        tasks,
        hasOptions,
        hasPriorities,
        dependencies,
        firstDependency,
        successors,
        firstSuccessor,
        handled);
  }

  /** The lists of successors; where they begin goes into {@code firstSuccessor}. */
  private static int[] successors(int[] dependencies, int[] firstDependency, int[] firstSuccessor) {
    int tasks = firstDependency.length - 1;
    for (int d = 0; d < firstDependency[tasks]; d++) {
      firstSuccessor[dependencies[d]]++;
    }
    for (int i = 1; i <= tasks; i++) {
      firstSuccessor[i] += firstSuccessor[i - 1];
    }
    // Filled from the last task backwards, each list's end becomes its beginning, and the lists
    // come out ascending.
    int[] successors = new int[firstDependency[tasks]];
    for (int i = tasks - 1; i >= 0; i--) {
      for (int d = firstDependency[i]; d < firstDependency[i + 1]; d++) {
        successors[--firstSuccessor[dependencies[d]]] = i;
      }
    }
    return successors;
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

  int dependencyCount(int task) {
    return firstDependency[task + 1] - firstDependency[task];
  }

  /** Where the dependencies of a task begin; they end where the next task's begin. */
  int firstDependency(int task) {
    return firstDependency[task];
  }

  int dependency(int position) {
    return dependencies[position];
  }

  /** Where the successors of a task begin; they end where the next task's begin. */
  int firstSuccessor(int task) {
    return firstSuccessor[task];
  }

  int successor(int position) {
    return successors[position];
  }
}
