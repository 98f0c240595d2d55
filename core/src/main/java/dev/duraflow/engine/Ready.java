package dev.duraflow.engine;

import dev.duraflow.dag.Limit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tasks that are ready and that no worker has taken. What a pusher wrote before its push is seen by who takes the entry. */
abstract class Ready {
  /**
   * One ready task, or all tasks of a frame that are ready from its beginning, which workers claim one by one, or a frame that is
   * over, whose parent is to be settled.
   */
  static final class Entry {
    static final int INITIAL = -1;
    static final int OVER = -2;

    final Frame frame;
    final int task;

    /** Of these limits it has the permits. */
    List<Limit> permits = List.of();

    /** Whether its inputs are known to be durable. */
    boolean inputsAreDurable;

    @Nullable
    Entry next;

    Entry(Frame frame, int task) {
      this.frame = frame;
      this.task = task;
    }
  }

  /** Entries that are pushed together, the first to be taken first. */
  record Chain(Entry first, Entry last, int size) {
    static Chain of(Entry only) {
      return new Chain(only, only, 1);
    }
  }

  abstract boolean isEmpty();

  /** Any of them. */
  @Nullable
  abstract Entry peek();

  /** The entry that is to be taken next. */
  @Nullable
  abstract Entry choose();

  /** Pushes a chain of entries, {@code first} to be taken first, if all else is the same. */
  abstract void push(Entry first, Entry last);

  /** Takes off an entry that was chosen or peeked at; false if it is gone, or something else is to be taken before it. */
  abstract boolean pop(Entry top);

  /** Whether what has just become ready must not be taken at once, since something else may come before it. */
  abstract boolean isStrict();
}
