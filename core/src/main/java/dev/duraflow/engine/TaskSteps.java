package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.ExpandTask;
import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.Task;
import dev.duraflow.error.InvalidDagException;
import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The durable steps inside the tasks of a run. A step's lock is held from the look for its record until it is durable, so that of
 * threads racing for one step the first computes it and the others find it; then the lock is forgotten, since there is nothing to
 * race for any more. Thread-safe.
 */
final class TaskSteps {
  private static final Inputs NO_INPUTS = new Inputs() {
    @Override
    public <T extends @Nullable Object> T get(Task<T> task) {
      throw new IllegalArgumentException("a step has no inputs");
    }
  };

  private final @Nullable Records records;
  private final Clock clock;
  private final ConcurrentMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();
  /** Without a store, what has been computed, by id. */
  private final ConcurrentMap<String, Computed> computed = new ConcurrentHashMap<>();

  /** The ids of steps that were done while a DAG was declared, and so are like those of its tasks. */
  private final Set<String> ofExpansions = ConcurrentHashMap.newKeySet();

  private record Computed(@Nullable Object value) {}

  TaskSteps(@Nullable Records records, Clock clock) {
    this.records = records;
    this.clock = clock;
  }

  /** @param dag the one that the task is in of which this is a step */
  <T extends @Nullable Object> T step(Dag dag, String taskId, Task<T> step) throws Exception {
    if (!taskId.endsWith("]")) { // no step has an id like that of a map's element
      checkId(dag, taskId, step);
    }
    ReentrantLock lock = locks.computeIfAbsent(step.id(), id -> new ReentrantLock());
    lock.lock(); // no monitor: until Java 24 a virtual thread that waits in one keeps its carrier
    try {
      T value = records == null ? computedOnce(step) : recordedOnce(step, records);
      locks.remove(step.id(), lock);
      return value;
    } finally {
      lock.unlock();
    }
  }

  private void checkId(Dag dag, String taskId, Task<?> step) {
    if (dag.find(step.id()).isPresent()) {
      throw sameId(dag, step.id());
    }
    if (dag.find(taskId).orElse(null) instanceof ExpandTask) {
      ofExpansions.add(step.id());
    }
  }

  /** Refuses a DAG of an expansion if one of its tasks has the id of a step that was done to declare it. */
  void checkNoneIn(Dag declared) {
    for (String id : ofExpansions) {
      if (declared.find(id).isPresent()) {
        throw sameId(declared, id);
      }
    }
  }

  private static InvalidDagException sameId(Dag dag, String id) {
    return new InvalidDagException("DAG '" + dag.name() + "' has a task '" + id
        + "', and a step cannot have the same id; rename one of them");
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // decoded as the step's type, which may be nullable
  private <T extends @Nullable Object> T recordedOnce(Task<T> step, Records store)
      throws Exception {
    if (store.isFinished(step)) {
      return (T) store.load(step);
    }
    Instant startedAt = clock.instant();
    T value = step.call(NO_INPUTS);
    store.saveAndWait(store.record(step, value, 1, startedAt, clock.instant()));
    return (T) store.adopted(step, value);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // what a body of this id returned, null perhaps
  private <T extends @Nullable Object> T computedOnce(Task<T> step) throws Exception {
    Computed known = computed.get(step.id());
    if (known == null) {
      known = new Computed(step.call(NO_INPUTS));
      computed.put(step.id(), known);
    }
    return (T) known.value;
  }
}
