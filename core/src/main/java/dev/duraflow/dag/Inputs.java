package dev.duraflow.dag;

import java.util.Collection;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The outputs of a task's dependencies. */
@FunctionalInterface
public interface Inputs {
  /**
   * The output of a dependency.
   *
   * @throws IllegalArgumentException if {@code task} is not a declared dependency: its output need not be there yet
   */
  <T extends @Nullable Object> T get(Task<T> task);

  /** What became of a dependency, which may have failed. By default it has not: {@link #get} gives its output. */
  default <T extends @Nullable Object> Outcome<T> outcome(Task<T> task) {
    return Outcome.of(get(task));
  }

  /** The elements of a dependency's output, one after the other; those of a map need not all be in memory. */
  default <E extends @Nullable Object> Stream<E> stream(Task<? extends Collection<E>> task) {
    return get(task).stream();
  }
}
