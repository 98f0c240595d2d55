package dev.duraflow.engine;

import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import java.lang.ref.SoftReference;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The outputs of a run's tasks for the bodies that a worker calls, out of their records. What was read is kept while there is
 * memory, since the elements of a map all take the same inputs. Thread-safe; two may both read one output.
 */
final class GuestInputs implements Inputs {
  private final Records records;
  private final ConcurrentMap<String, SoftReference<Value>> read = new ConcurrentHashMap<>();

  private record Value(@Nullable Object value) {}

  GuestInputs(Records records) {
    this.records = records;
  }

  @Override
  @SuppressWarnings({"unchecked", "NullAway"}) // decoded as the task's type, which may be nullable
  public <T extends @Nullable Object> T get(Task<T> task) {
    SoftReference<Value> known = read.get(task.id());
    Value value = known == null ? null : known.get();
    if (value == null) {
      value = new Value(records.load(task));
      read.put(task.id(), new SoftReference<>(value));
    }
    return (T) value.value;
  }

  @Override
  @SuppressWarnings("unchecked") // the elements' own tasks computed them
  public <E extends @Nullable Object> Stream<E> stream(Task<? extends Collection<E>> task) {
    return task instanceof MapTask<?, ?> map ? (Stream<E>) records.stream(map) : get(task).stream();
  }
}
