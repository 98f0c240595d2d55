package dev.duraflow.examples.cluster;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Which worker ran which task. A worker says what it is about to record, and the run what was recorded; the two come in any order.
 * If several said it of one task, those before the last were killed. Thread-safe.
 */
final class Tally {
  private final BiConsumer<String, Integer> listener;
  private final Map<String, Integer> said = new HashMap<>();
  private final Set<String> unclaimed = new HashSet<>();
  private final Map<Integer, Integer> counts = new HashMap<>();

  /** @param listener is told of each task and its worker, one at a time */
  Tally(BiConsumer<String, Integer> listener) {
    this.listener = listener;
  }

  /** A worker is about to record a task. */
  synchronized void claimed(String task, int worker) {
    said.put(task, worker);
    if (unclaimed.remove(task)) {
      count(task, worker);
    }
  }

  /** The run knows of the record. */
  synchronized void recorded(String task) {
    Integer worker = said.get(task);
    if (worker == null) {
      unclaimed.add(task);
    } else {
      count(task, worker);
    }
  }

  private void count(String task, int worker) {
    counts.merge(worker, 1, Integer::sum);
    listener.accept(task, worker);
  }

  synchronized int of(int worker) {
    return counts.getOrDefault(worker, 0);
  }

  /** How many tasks no worker has spoken of. */
  synchronized int unclaimed() {
    return unclaimed.size();
  }
}
