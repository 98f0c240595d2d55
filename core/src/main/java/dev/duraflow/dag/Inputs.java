package dev.duraflow.dag;

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
}
