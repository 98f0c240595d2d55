package dev.duraflow.engine;

import dev.duraflow.dag.Limit;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that are ready and that no worker has taken: a lock-free stack (R. K. Treiber, 1986), so that what was begun is
 * finished before something new is begun, and outputs do not pile up.
 *
 * <p>An entry is pushed once and never again, so a compare-and-set on the head cannot mistake one entry for another. What a
 * pusher wrote before its push is seen by who takes the entry.
 */
final class Ready {
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

  private static final VarHandle HEAD;

  static {
    try {
      HEAD = MethodHandles.lookup().findVarHandle(Ready.class, "head", Entry.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Entry head;

  boolean isEmpty() {
    return head == null;
  }

  @Nullable
  Entry peek() {
    return head;
  }

  /** Pushes a chain of entries, {@code first} to be taken first. */
  void push(Entry first, Entry last) {
    Entry top;
    do {
      top = head;
      last.next = top;
    } while (!HEAD.compareAndSet(this, top, first));
  }

  /** Takes the entry off, if it is still on top. */
  boolean pop(Entry top) {
    return HEAD.compareAndSet(this, top, top.next);
  }
}
