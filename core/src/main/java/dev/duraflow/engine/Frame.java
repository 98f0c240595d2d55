package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.Task;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A graph in execution: the run's own, or that of the elements of a map. It holds the outputs and who still waits for what.
 *
 * <p>Who writes what: {@code outputs[i]} is written by the one thread that settles task i, before it counts down the missing
 * inputs of i's successors; the countdown's last step is taken by the thread that makes the successor ready, and it has seen
 * all earlier steps, so it and whoever takes the successor from {@link Ready} see all inputs. After that an output changes only
 * between forms of the same value: from the value to {@link #STORED} when its last consumer has settled, and from {@code STORED}
 * to the value when a consumer has read the record (two may read it; both values are equal). {@code unfinished} counts the
 * tasks that are not settled; who brings it to zero settles the parent's task.
 */
final class Frame implements Inputs {
  /** The output is in the store and not in memory. */
  static final Object STORED = new Mark("stored");

  private static final Object NULL = new Mark("null");
  private static final VarHandle OUTPUTS = MethodHandles.arrayElementVarHandle(Object[].class);
  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(int[].class);
  private static final VarHandle UNFINISHED;

  static {
    try {
      UNFINISHED = MethodHandles.lookup().findVarHandle(Frame.class, "unfinished", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Graph graph;
  final @Nullable Parent parent;
  private final @Nullable Records records;
  private final boolean retain;
  private final @Nullable Object[] outputs;
  private final int[] missing;
  private final int @Nullable [] consumersLeft;
  /** What is ready from the beginning. */
  final Initial initial;

  private volatile int unfinished;
  private volatile boolean holdsUnstored;

  /**
   * The map whose elements a frame runs.
   *
   * @param unstored whether its keys are in no store
   */
  record Parent(Frame frame, int task, Instant startedAt, boolean unstored) {}

  /** What may stand in {@code outputs} and is no value. */
  private record Mark(String name) {}

  /** A value that is in no store. */
  private record Unstored(@Nullable Object value) {}

  /** The task failed, or was skipped because something upstream did. */
  private record Blocked(String rootCause) {}

  /**
   * A frame that is about to begin.
   *
   * @param retain whether outputs stay in memory after their last consumer, since somebody outside this frame wants them
   */
  Frame(Dag dag, @Nullable Parent parent, @Nullable Records records, boolean retain) {
    this.graph = Graph.of(dag);
    this.parent = parent;
    this.records = records;
    this.retain = retain;
    int size = graph.size();
    this.outputs = new Object[size];
    this.missing = graph.dependencyCounts.clone();
    int reused = records == null ? 0 : reuse(records);
    this.consumersLeft = records == null ? null : countConsumers();
    this.initial = readyFromTheBeginning();
    this.unfinished = size - reused;
  }

  /** Marks what is finished already, so that nobody waits for it; answers how many tasks that are. */
  private int reuse(Records records) {
    int reused = 0;
    for (int i = 0; i < graph.size(); i++) {
      if (records.isFinished(graph.tasks[i])) {
        outputs[i] = STORED;
        reused++;
        for (int s = graph.firstSuccessor(i); s < graph.firstSuccessor(i + 1); s++) {
          missing[graph.successor(s)]--;
        }
      }
    }
    return reused;
  }

  /** An output is wanted by each successor that has still to run, and, if it is to be kept, by one that never does. */
  private int[] countConsumers() {
    int[] left = new int[graph.size()];
    for (int i = 0; i < graph.size(); i++) {
      if (graph.tasks[i].isKept()) {
        left[i]++;
      }
      for (int s = graph.firstSuccessor(i); s < graph.firstSuccessor(i + 1); s++) {
        if (outputs[graph.successor(s)] == null) {
          left[i]++;
        }
      }
    }
    return left;
  }

  private Initial readyFromTheBeginning() {
    int[] tasks = new int[graph.size()];
    int count = 0;
    for (int i = 0; i < tasks.length; i++) {
      if (missing[i] == 0 && outputs[i] == null) {
        tasks[count++] = i;
      }
    }
    return new Initial(tasks, count);
  }

  int size() {
    return graph.size();
  }

  int unfinished() {
    return unfinished;
  }

  boolean hasOutput(int task) {
    Object output = OUTPUTS.getAcquire(outputs, task);
    return output != null && !(output instanceof Blocked);
  }

  /** Puts the output of a task that has just run. */
  void put(int task, @Nullable Object value) {
    Object kept = value == null ? NULL : value;
    if (consumersLeft != null && !retain && (int) COUNTS.getAcquire(consumersLeft, task) == 0) {
      kept = STORED;
    }
    OUTPUTS.setRelease(outputs, task, kept);
  }

  /** Puts the output of a task that has just run and could not be persisted: it stays in memory. */
  void putUnstored(int task, @Nullable Object value) {
    holdsUnstored = true;
    OUTPUTS.setRelease(outputs, task, new Unstored(value));
  }

  boolean holdsUnstored() {
    return holdsUnstored;
  }

  /** Notes that a task has no output because {@code rootCause} failed. */
  void block(int task, String rootCause) {
    OUTPUTS.setRelease(outputs, task, new Blocked(rootCause));
  }

  /** The failed task that keeps a task from running; null if all inputs are there. */
  @Nullable
  String rootCause(int task) {
    for (Task<?> dependency : graph.tasks[task].dependencies()) {
      if (outputs[dependency.ordinal()] instanceof Blocked blocked) {
        return blocked.rootCause;
      }
    }
    return null;
  }

  /** One input of a task has come; whether it was the last, and the task is not one that was finished from the beginning. */
  boolean inputArrived(int task) {
    return (graph.dependencyCounts[task] == 1 || (int) COUNTS.getAndAdd(missing, task, -1) == 1)
        && outputs[task] == null;
  }

  /** A task has settled and needs its inputs no more. */
  void releaseInputs(int task) {
    int[] left = consumersLeft;
    if (left == null) {
      return;
    }
    List<Task<?>> dependencies = graph.tasks[task].dependencies();
    for (int d = 0; d < dependencies.size(); d++) {
      int dependency = dependencies.get(d).ordinal();
      if ((int) COUNTS.getAndAdd(left, dependency, -1) == 1
          && !retain
          && !(outputs[dependency] instanceof Blocked)
          && !(outputs[dependency] instanceof Unstored)) {
        OUTPUTS.setRelease(outputs, dependency, STORED);
      }
    }
  }

  /** Whether somebody will ask for the output of a task that has not run yet. */
  boolean isWanted(int task) {
    return consumersLeft == null || retain || consumersLeft[task] > 0;
  }

  /** A task of this frame has settled; whether it was the last. */
  boolean lastHasSettled() {
    return (int) UNFINISHED.getAndAdd(this, -1) == 1;
  }

  /** The failed task among those of this frame; null if all have outputs. */
  @Nullable
  String anyRootCause() {
    for (int i = 0; i < outputs.length; i++) {
      if (OUTPUTS.getAcquire(outputs, i) instanceof Blocked blocked) {
        return blocked.rootCause;
      }
    }
    return null;
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"}) // computed by this very task, nullable or not
  public <T extends @Nullable Object> T get(Task<T> task) {
    if (task.dag() != graph.dag) {
      throw new IllegalArgumentException(
          task + " does not belong to DAG '" + graph.dag.name() + "'");
    }
    return (T) output(task.ordinal());
  }

  @Nullable
  Object output(int task) {
    Object output = OUTPUTS.getAcquire(outputs, task);
    if (output instanceof Unstored unstored) {
      return unstored.value instanceof Frame elements ? elements.allOutputs() : unstored.value;
    }
    if (output instanceof Mark || output instanceof Frame) {
      return output == NULL ? null : restored(task, output);
    }
    if (output == null || output instanceof Blocked) {
      throw new IllegalStateException(graph.tasks[task] + " has no output: "
          + (output instanceof Blocked blocked
              ? blockedBy(task, blocked.rootCause)
              : "it has not finished"));
    }
    return output;
  }

  private String blockedBy(int task, String rootCause) {
    return rootCause.equals(graph.tasks[task].id())
        ? "it failed"
        : "it was skipped because task '" + rootCause + "' failed";
  }

  /** Brings an output back that is not in memory as a value: out of its record, or out of the elements of a map. */
  private @Nullable Object restored(int task, Object form) {
    Object value = form instanceof Frame elements ? elements.allOutputs() : stored(task);
    if (consumersLeft != null
        && (int) COUNTS.getAcquire(consumersLeft, task) > 0
        && OUTPUTS.compareAndSet(outputs, task, form, value == null ? NULL : value)
        && (int) COUNTS.getVolatile(consumersLeft, task) == 0
        && !retain) {
      // Asked for from outside the run, and the last consumer has let it go meanwhile.
      OUTPUTS.setRelease(outputs, task, STORED);
    }
    return value;
  }

  /** Whether an output is there as a value. */
  boolean isInMemory(int task) {
    Object output = OUTPUTS.getAcquire(outputs, task);
    return hasOutput(task) && output != STORED;
  }

  private @Nullable Object stored(int task) {
    if (records == null) {
      throw new IllegalStateException("nothing is stored without a store");
    }
    return records.load(graph.tasks[task]);
  }

  private List<@Nullable Object> allOutputs() {
    List<@Nullable Object> all = new ArrayList<>(outputs.length);
    for (int i = 0; i < outputs.length; i++) {
      all.add(output(i));
    }
    return all;
  }
}
