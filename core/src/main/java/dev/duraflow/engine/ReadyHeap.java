package dev.duraflow.engine;

import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Ready tasks in the {@link Order} of their run.
 *
 * <p>Each entry stands in two heaps, by its path and by when it came, and is dropped from the other one when it is found there after
 * it was taken. One lock guards all; {@code top} is written under it and read without. What is critical changes with every task that
 * settles, so who takes an entry has the choice made anew.
 */
final class ReadyHeap extends Ready {
  private static final int LEAST_TRIMMED = 100;

  private final Order order;
  private final PriorityQueue<Ranked> byPath = new PriorityQueue<>(Ranked::comparePath);
  private final PriorityQueue<Ranked> byTime = new PriorityQueue<>(Ranked::compareTime);
  private long pushes;
  private int size;
  private @Nullable Ranked first;
  private volatile @Nullable Entry top;

  /** An entry where it stands. */
  private static final class Ranked {
    final Entry entry;
    final int priority;
    final long remaining;
    /** Lower than those of all that came before. */
    final long number;

    boolean isTaken;

    Ranked(Entry entry, long number) {
      this.entry = entry;
      this.priority = entry.frame.priority(entry.task);
      this.remaining = entry.frame.remaining(entry.task);
      this.number = number;
    }

    static int comparePath(Ranked one, Ranked other) {
      return one.priority == other.priority && one.remaining != other.remaining
          ? Long.compare(other.remaining, one.remaining)
          : compareTime(one, other);
    }

    static int compareTime(Ranked one, Ranked other) {
      return one.priority == other.priority
          ? Long.compare(one.number, other.number)
          : Integer.compare(other.priority, one.priority);
    }
  }

  ReadyHeap(Order order) {
    this.order = order;
  }

  @Override
  boolean isEmpty() {
    return top == null;
  }

  @Override
  @Nullable
  Entry peek() {
    return top;
  }

  @Override
  @Nullable
  Entry choose() {
    if (top == null) {
      return null;
    }
    synchronized (this) {
      setTop();
      return top;
    }
  }

  @Override
  synchronized void push(Entry first, Entry last) {
    int more = size(first, last);
    size += more;
    pushes -= more; // rising along the chain, whose first is to be taken first
    long number = pushes;
    Entry entry = first;
    add(entry, number++);
    while (entry != last) {
      entry = Objects.requireNonNull(entry.next);
      add(entry, number++);
    }
    setTop();
  }

  private static int size(Entry first, Entry last) {
    int size = 1;
    for (Entry entry = first; entry != last; entry = Objects.requireNonNull(entry.next)) {
      size++;
    }
    return size;
  }

  private void add(Entry entry, long number) {
    Ranked ranked = new Ranked(entry, number);
    byPath.add(ranked);
    byTime.add(ranked);
  }

  @Override
  boolean pop(Entry expected) {
    if (top != expected) {
      return false;
    }
    synchronized (this) {
      if (top != expected) {
        return false;
      }
      Objects.requireNonNull(first).isTaken = true;
      size--;
      trim(byPath);
      trim(byTime);
      setTop();
      return true;
    }
  }

  private void setTop() {
    Ranked longest = head(byPath);
    first = longest == null || order.isCritical(longest.remaining) ? longest : head(byTime);
    top = first == null ? null : first.entry;
  }

  /** What was taken must not be kept for long, with all that hangs on it. */
  private void trim(PriorityQueue<Ranked> heap) {
    if (heap.size() > 2 * size + LEAST_TRIMMED) {
      heap.removeIf(ranked -> ranked.isTaken);
    }
  }

  private static @Nullable Ranked head(PriorityQueue<Ranked> heap) {
    Ranked head = heap.peek();
    while (head != null && head.isTaken) {
      heap.remove();
      head = heap.peek();
    }
    return head;
  }

  @Override
  boolean isStrict() {
    return order.isStrict();
  }
}
