package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.Task;
import dev.duraflow.error.InvalidDagException;
import java.time.Clock;
import java.time.Instant;
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

  private final Dag dag;
  private final @Nullable Records records;
  private final Clock clock;
  private final ConcurrentMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();
  /** Without a store, what has been computed, by id. */
  private final ConcurrentMap<String, Computed> computed = new ConcurrentHashMap<>();

  private record Computed(@Nullable Object value) {}

  TaskSteps(Dag dag, @Nullable Records records, Clock clock) {
    this.dag = dag;
    this.records = records;
    this.clock = clock;
  }

  <T extends @Nullable Object> T step(Task<T> step) throws Exception {
    if (dag.find(step.id()).isPresent()) {
      throw new InvalidDagException("DAG '" + dag.name() + "' has a task '" + step.id()
          + "', and a step cannot have the same id; rename one of them");
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

  @SuppressWarnings({"unchecked", "NullAway"}) // decoded as the step's type, which may be nullable
  private <T extends @Nullable Object> T recordedOnce(Task<T> step, Records store)
      throws Exception {
    if (store.isFinished(step)) {
      return (T) store.load(step);
    }
    Instant startedAt = clock.instant();
    T value = step.call(NO_INPUTS);
    store.saveAndWait(store.record(step, value, 1, startedAt, clock.instant()));
    return value;
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
