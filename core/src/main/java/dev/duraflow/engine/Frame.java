package dev.duraflow.engine;

import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Outcome;
import dev.duraflow.dag.Task;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A graph in execution: the run's own, that of the elements of a map, or the one that an expansion declared. It holds the outputs
 * and who still waits for what.
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
  /** It had no output before the run was resumed, and all who depend on it have taken note of that. */
  private static final Blocked EARLIER = new Blocked(new Outcome.Failure("", "", ""), true);

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
  /** How many expansions and maps it is in. */
  final int depth;
  /** Whether what fails in it and is not handled within is handled outside. */
  private final boolean handledOutside;

  private final @Nullable Records records;
  private final boolean retain;
  private final @Nullable Object[] outputs;
  private final int[] missing;
  private final int @Nullable [] consumersLeft;
  private final @Nullable Order order;
  /** Of each task, by {@link Order#remaining}; null if the order does not matter. */
  private final long @Nullable [] remaining;
  /** What is ready from the beginning. */
  final Initial initial;

  private volatile int unfinished;
  private volatile boolean holdsUnstored;
  private final int reused;
  private final int excused;

  /**
   * The task whose elements, or whose DAG, a frame runs.
   *
   * @param unstored whether the keys of the map are in no store
   * @param wanted the task whose output is to be the parent's, if it is an expansion
   */
  record Parent(
      Frame frame,
      int task,
      Instant startedAt,
      boolean unstored,
      @Nullable Task<?> wanted) {
    /** How long it takes from the end of the frame to that of the run. */
    long remainingAfter() {
      Order order = frame.order;
      return order == null ? 0 : frame.remaining(task) - order.weight(frame.graph.tasks[task]);
    }
  }

  /** What may stand in {@code outputs} and is no value. */
  private record Mark(String name) {}

  /** A value that is in no store. */
  private record Unstored(@Nullable Object value) {}

  /**
   * The task failed, or was skipped because something upstream did.
   *
   * @param failure that of the root cause, as text
   * @param isOutcome whether those who take outcomes may take it: not so if the store failed, for that says nothing of the task
   */
  record Blocked(Outcome.Failure failure, boolean isOutcome) {
    String rootCause() {
      return failure.taskId();
    }
  }

  /**
   * A frame that is about to begin.
   *
   * @param order null if it does not matter
   * @param retain whether outputs stay in memory after their last consumer, since somebody outside this frame wants them
   */
  Frame(
      Graph graph,
      @Nullable Parent parent,
      @Nullable Records records,
      @Nullable Order order,
      boolean retain) {
    Task<?> wanted = parent == null ? null : parent.wanted;
    this.graph = graph;
    this.parent = parent;
    this.depth = parent == null ? 0 : parent.frame.depth + 1;
    this.handledOutside = parent != null && parent.frame.handles(parent.task);
    this.records = records;
    this.retain = retain;
    int size = graph.size();
    this.outputs = new Object[size];
    this.missing = countDependencies();
    this.reused = records == null ? 0 : reuse(records);
    this.excused = reused > 0 && graph.handlesFailures() ? excuse() : 0;
    this.consumersLeft = records == null ? null : countConsumers(wanted);
    this.order = order;
    this.remaining =
        order == null ? null : order.remaining(graph, parent == null ? 0 : parent.remainingAfter());
    this.initial = readyFromTheBeginning();
    this.unfinished = size - reused - excused;
  }

  private int[] countDependencies() {
    int[] counts = new int[graph.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = graph.dependencyCount(i);
    }
    return counts;
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

  /**
   * Marks what has no output and need not run, since its failure was handled and nobody who has still to run depends on it;
   * answers how many tasks that are.
   */
  private int excuse() {
    int excused = 0;
    for (int i = graph.size() - 1; i >= 0; i--) {
      boolean done = outputs[i] == null && graph.handles(i);
      for (int s = graph.firstSuccessor(i); done && s < graph.firstSuccessor(i + 1); s++) {
        done = outputs[graph.successor(s)] != null;
      }
      if (done) {
        outputs[i] = EARLIER;
        excused++;
      }
    }
    return excused;
  }

  /**
   * An output is wanted by each successor that has still to run, and, if it is to be kept or to be the parent's, by one that
   * never does.
   */
  private int[] countConsumers(@Nullable Task<?> wanted) {
    int[] left = new int[graph.size()];
    for (int i = 0; i < graph.size(); i++) {
      if (graph.tasks[i].isKept() || graph.tasks[i] == wanted) {
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

  /** What is ready from the beginning: one entry for all that rank the same, so that they need not be made; null if nothing is. */
  Ready.@Nullable Chain begin() {
    if (initial.isDrained()) {
      return null;
    }
    int first = initial.task(0);
    boolean allRankTheSame = true;
    for (int i = 1; order != null && allRankTheSame && i < initial.count(); i++) {
      int task = initial.task(i);
      allRankTheSame = remaining(task) == remaining(first) && priority(task) == priority(first);
    }
    if (allRankTheSame) {
      return Ready.Chain.of(new Ready.Entry(this, Ready.Entry.INITIAL));
    }
    Ready.Entry top = new Ready.Entry(this, first);
    Ready.Entry bottom = top;
    for (int i = 1; i < initial.count(); i++) {
      bottom.next = new Ready.Entry(this, initial.task(i));
      bottom = bottom.next;
    }
    return new Ready.Chain(top, bottom, initial.count());
  }

  /** Counts what is still to be done. */
  void addWork(Order order) {
    for (int i = 0; i < outputs.length; i++) {
      if (outputs[i] == null) {
        order.add(graph.tasks[i]);
      }
    }
  }

  /** Of a task, or of an entry that stands for others. */
  int priority(int task) {
    int own = task >= 0 ? graph.tasks[task].options().priority() : 0;
    if (task == Ready.Entry.INITIAL) {
      return priority(initial.task(0));
    }
    return own != 0 || parent == null ? own : parent.frame.priority(parent.task);
  }

  /** How long it takes from the beginning of a task to the end of the run; of a frame that is over, from its end. */
  long remaining(int task) {
    if (remaining == null) {
      return 0;
    }
    if (task == Ready.Entry.OVER) {
      return Long.MAX_VALUE; // there is nothing to do but to count it off
    }
    return remaining[task == Ready.Entry.INITIAL ? initial.task(0) : task];
  }

  int size() {
    return graph.size();
  }

  int unfinished() {
    return unfinished;
  }

  /** How many tasks had an output from the beginning. */
  int reused() {
    return reused;
  }

  /** How many tasks without one need not run. */
  int excused() {
    return excused;
  }

  /** Whether the failure of a task is no failure of the run, since all who depend on it take its outcome. */
  boolean handles(int task) {
    return handledOutside || graph.handles(task);
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

  /** Notes that a task has no output, and why. */
  void block(int task, Blocked why) {
    OUTPUTS.setRelease(outputs, task, why);
  }

  /** What keeps a task from running; null if all inputs are there. */
  @Nullable
  Blocked rootCause(int task) {
    for (int d = graph.firstDependency(task); d < graph.firstDependency(task + 1); d++) {
      if (outputs[graph.dependency(d)] instanceof Blocked blocked) {
        return blocked;
      }
    }
    return null;
  }

  /** One input of a task has come; whether it was the last, and the task is not one that was finished from the beginning. */
  boolean inputArrived(int task) {
    return (graph.dependencyCount(task) == 1 || (int) COUNTS.getAndAdd(missing, task, -1) == 1)
        && outputs[task] == null;
  }

  /** A task has settled and needs its inputs no more. */
  void releaseInputs(int task) {
    int[] left = consumersLeft;
    if (left == null) {
      return;
    }
    for (int d = graph.firstDependency(task); d < graph.firstDependency(task + 1); d++) {
      int dependency = graph.dependency(d);
      if ((int) COUNTS.getAndAdd(left, dependency, -1) == 1
          && !retain
          && !(outputs[dependency] instanceof Blocked)
          && !(outputs[dependency] instanceof Unstored)) {
        OUTPUTS.setRelease(outputs, dependency, STORED);
      }
    }
  }

  /** Whether somebody will ask for the output of a map that has not run yet as a list, not only for one element after the other. */
  boolean isWantedAsList(int map) {
    if (consumersLeft == null
        || retain
        || graph.tasks[map].isKept()
        || (parent != null && graph.tasks[map] == parent.wanted)) {
      return true;
    }
    for (int s = graph.firstSuccessor(map); s < graph.firstSuccessor(map + 1); s++) {
      int successor = graph.successor(s);
      if (OUTPUTS.getAcquire(outputs, successor) == null && !graph.tasks[successor].takesStream()) {
        return true;
      }
    }
    return false;
  }

  /** A task of this frame has settled; whether it was the last. */
  boolean lastHasSettled() {
    return (int) UNFINISHED.getAndAdd(this, -1) == 1;
  }

  /** Why a task of this frame has no output, and the parent therefore has none; null if that is so for none. */
  @Nullable
  Blocked anyRootCause() {
    for (int i = 0; i < outputs.length; i++) {
      if (OUTPUTS.getAcquire(outputs, i) instanceof Blocked blocked
          && !(blocked.isOutcome && graph.handles(i))) {
        return blocked;
      }
    }
    return null;
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"}) // computed by this very task, nullable or not
  public <T extends @Nullable Object> T get(Task<T> task) {
    checkOwn(task);
    return (T) output(task.ordinal());
  }

  @Override
  public <T extends @Nullable Object> Outcome<T> outcome(Task<T> task) {
    checkOwn(task);
    return OUTPUTS.getAcquire(outputs, task.ordinal()) instanceof Blocked blocked
        ? Outcome.failed(blocked.failure)
        : Outcome.of(get(task));
  }

  /** Of a map whose list is not in memory, one element at a time is. */
  @Override
  @SuppressWarnings("unchecked") // the elements' own tasks computed them
  public <E extends @Nullable Object> Stream<E> stream(Task<? extends Collection<E>> task) {
    checkOwn(task);
    Object output = OUTPUTS.getAcquire(outputs, task.ordinal());
    if (output instanceof Unstored unstored) {
      output = unstored.value;
    }
    if (output instanceof Frame elements) {
      return (Stream<E>) IntStream.range(0, elements.size()).mapToObj(elements::output);
    }
    return output == STORED && records != null && task instanceof MapTask<?, ?> map
        ? (Stream<E>) records.stream(map)
        : get(task).stream();
  }

  private void checkOwn(Task<?> task) {
    if (task.dag() != graph.dag) {
      throw new IllegalArgumentException(
          task + " does not belong to DAG '" + graph.dag.name() + "'");
    }
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
          + (output instanceof Blocked blocked ? blockedBy(task, blocked) : "it has not finished"));
    }
    return output;
  }

  private String blockedBy(int task, Blocked why) {
    String rootCause = why.rootCause();
    if (why.equals(EARLIER)) {
      return "it had none when the run was resumed, and those who depend on it have that outcome";
    }
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
