package dev.duraflow.dag;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Outputs that a test gives by hand, and a record of who asked for which. */
final class Outputs implements Inputs {
  private final Map<Task<?>, Object> values = new HashMap<>();
  private final List<Task<?>> asked = new ArrayList<>();

  <T> Outputs put(Task<? extends T> task, T value) {
    values.put(task, value);
    return this;
  }

  List<Task<?>> asked() {
    return asked;
  }

  @Override
  @SuppressWarnings("unchecked") // put says so
  public <T> T get(Task<T> task) {
    if (!values.containsKey(task)) {
      throw new AssertionError(task + " has no output here");
    }
    asked.add(task);
    return (T) values.get(task);
  }
}
