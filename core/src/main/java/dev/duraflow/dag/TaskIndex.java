package dev.duraflow.dag;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the tasks of a DAG by their ids: a hash table with open addressing (linear probing), at most half full.
 *
 * <p>A slot holds a hash and a position in the DAG's list, and so no reference: a large table of references is dear to fill, since
 * the collector is told of each store into it, and an entry of its own for each task would be a fifth of what a task takes.
 */
final class TaskIndex {
  private static final long EMPTY = 0;

  /** A cache line of slots. */
  private static final int LINE_BITS = 3;

  private final List<Task<?>> tasks;
  private long[] slots = new long[2 << LINE_BITS];
  private int size;

  /** @param tasks each at the position of its ordinal; a task is added here before it is there */
  TaskIndex(List<Task<?>> tasks) {
    this.tasks = tasks;
  }

  /** The task with this id. */
  @Nullable
  Task<?> find(String id) {
    long slot = slots[position(id)];
    return slot == EMPTY ? null : task(slot);
  }

  /** Adds a task, unless there is one with its id; answers that one. */
  @Nullable
  Task<?> putIfAbsent(Task<?> task) {
    int position = position(task.id());
    if (slots[position] != EMPTY) {
      return task(slots[position]);
    }
    slots[position] = (long) task.id().hashCode() << Integer.SIZE | (task.ordinal() + 1);
    if (++size > slots.length / 2) {
      grow();
    }
    return null;
  }

  /** Where the task with this id stands, or would be put. */
  private int position(String id) {
    int hash = id.hashCode();
    int position = home(hash, slots.length);
    while (slots[position] != EMPTY
        && !(hash(slots[position]) == hash && task(slots[position]).id().equals(id))) {
      position = (position + 1) & (slots.length - 1);
    }
    return position;
  }

  private void grow() {
    long[] larger = new long[slots.length * 2];
    for (long slot : slots) {
      if (slot != EMPTY) {
        int position = home(hash(slot), larger.length);
        while (larger[position] != EMPTY) {
          position = (position + 1) & (larger.length - 1);
        }
        larger[position] = slot;
      }
    }
    slots = larger;
  }

  /**
   * Where a search begins. Ids that differ in their last digit begin in one cache line or two; lines are scattered by the golden
   * ratio (D. Knuth, The Art of Computer Programming, 6.4), since the hashes of similar strings lie close together.
   */
  private static int home(int hash, int length) {
    int lines = length >>> LINE_BITS;
    int scattered = (hash >>> LINE_BITS) * 0x9E3779B9;
    int line = scattered >>> (1 + Integer.numberOfLeadingZeros(lines));
    return (line << LINE_BITS) + (hash & ((1 << LINE_BITS) - 1));
  }

  private static int hash(long slot) {
    return (int) (slot >>> Integer.SIZE);
  }

  private Task<?> task(long slot) {
    return tasks.get((int) slot - 1);
  }
}
