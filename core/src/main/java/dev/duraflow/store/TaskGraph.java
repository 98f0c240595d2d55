package dev.duraflow.store;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The tasks of a DAG and their dependencies as a store keeps them, without bodies and types. Tasks are numbered from 0 in the
 * order of declaration, so that a dependency has a lower number than the tasks that have it. The elements of a map are known
 * only when it runs and are not in here; the id of each is the map's with its key in brackets. Immutable.
 */
public final class TaskGraph {
  /** Stands for one that is lost. */
  static final TaskGraph UNKNOWN =
      new TaskGraph("", new String[0], new BitSet(), new int[0], new int[1]);

  private final String dagName;
  private final String[] ids;
  private final BitSet maps;
  /** List after list; that of a task ends where the next one's begins. */
  private final int[] dependencies;

  private final int[] firstDependency;

  TaskGraph(String dagName, String[] ids, BitSet maps, int[] dependencies, int[] firstDependency) {
    this.dagName = dagName;
    this.ids = ids;
    this.maps = maps;
    this.dependencies = dependencies;
    this.firstDependency = firstDependency;
  }

  public static TaskGraph of(Dag dag) {
    List<Task<?>> tasks = dag.tasks();
    int size = tasks.size();
    String[] ids = new String[size];
    BitSet maps = new BitSet();
    int[] firstDependency = new int[size + 1];
    int[] dependencies = new int[size];
    int end = 0;
    for (int i = 0; i < size; i++) {
      Task<?> task = tasks.get(i);
      ids[i] = task.id();
      maps.set(i, task instanceof MapTask<?, ?>);
      List<Task<?>> inputs = task.dependencies();
      if (end + inputs.size() > dependencies.length) {
        dependencies =
            Arrays.copyOf(dependencies, Math.max(dependencies.length * 2, end + inputs.size()));
      }
      for (int d = 0; d < inputs.size(); d++) {
        dependencies[end++] = inputs.get(d).ordinal();
      }
      firstDependency[i + 1] = end;
    }
    return new TaskGraph(dag.name(), ids, maps, Arrays.copyOf(dependencies, end), firstDependency);
  }

  /**
   * A graph out of what {@link #toBytes} gave.
   *
   * @throws IllegalArgumentException if that is not what it is
   */
  public static TaskGraph ofBytes(byte[] bytes) {
    try {
      Bytes in = new Bytes(bytes, 0);
      if (in.getByte() != Frames.GRAPH) {
        throw new IllegalArgumentException("it does not begin as a graph does");
      }
      return GraphFrame.decode(in, bytes.length);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("these bytes are no graph: " + e.getMessage(), e);
    }
  }

  /** For a store to keep. The format is that of a journal's frame, drawn in {@code docs/formats.md}; later versions read it. */
  public byte[] toBytes() {
    return GraphFrame.encode(this);
  }

  public String dagName() {
    return dagName;
  }

  /** How many tasks there are. */
  public int size() {
    return ids.length;
  }

  public String id(int task) {
    return ids[task];
  }

  /** Whether a task is a map. */
  public boolean isMap(int task) {
    return maps.get(task);
  }

  public int dependencyCount(int task) {
    return firstDependency[task + 1] - firstDependency[task];
  }

  /** The numbers of the tasks whose outputs a task takes, in the order in which it takes them. */
  public IntStream dependencies(int task) {
    return Arrays.stream(dependencies, firstDependency[task], firstDependency[task + 1]);
  }

  /** One of {@link #dependencies}. */
  int dependency(int task, int position) {
    return dependencies[firstDependency[task] + position];
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof TaskGraph other
        && dagName.equals(other.dagName)
        && Arrays.equals(ids, other.ids)
        && maps.equals(other.maps)
        && Arrays.equals(dependencies, other.dependencies)
        && Arrays.equals(firstDependency, other.firstDependency);
  }

  @Override
  public int hashCode() {
    return dagName.hashCode() * 31 + Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return "the graph of DAG '" + dagName + "' with " + ids.length
        + (ids.length == 1 ? " task" : " tasks");
  }
}
