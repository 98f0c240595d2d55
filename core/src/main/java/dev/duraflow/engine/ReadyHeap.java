package dev.duraflow.engine;

import java.util.Objects;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Ready tasks in the order of their run. Among those of one rank, what became ready last is taken first, so that what was begun is
 * finished before something new is begun.
 *
 * <p>One lock guards all; {@code top} is written under it and read without.
 */
final class ReadyHeap extends Ready {
  private final boolean isStrict;
  private final PriorityQueue<Ranked> heap = new PriorityQueue<>();
  private long pushes;
  private volatile @Nullable Entry top;

  /** An entry where it stands. */
  private record Ranked(Entry entry, int priority, long remaining, long number)
      implements Comparable<Ranked> {
    @Override
    public int compareTo(Ranked other) {
      int byPriority = Integer.compare(other.priority, priority);
      if (byPriority != 0) {
        return byPriority;
      }
      int byPath = Long.compare(other.remaining, remaining);
      return byPath != 0 ? byPath : Long.compare(number, other.number);
    }
  }

  ReadyHeap(boolean isStrict) {
    this.isStrict = isStrict;
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
  synchronized void push(Entry first, Entry last) {
    pushes -= size(first, last); // lower than all before, and rising along the chain
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
    Frame frame = entry.frame;
    heap.add(new Ranked(entry, frame.priority(entry.task), frame.remaining(entry.task), number));
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
      heap.remove();
      setTop();
      return true;
    }
  }

  private void setTop() {
    Ranked first = heap.peek();
    top = first == null ? null : first.entry;
  }

  @Override
  boolean isStrict() {
    return isStrict;
  }
}
