package dev.duraflow.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A lock-free stack (R. K. Treiber, 1986), so that what was begun is finished before something new is begun, and outputs do not
 * pile up.
 *
 * <p>An entry is pushed once and never again, so a compare-and-set on the head cannot mistake one entry for another.
 */
final class ReadyStack extends Ready {
  private static final VarHandle HEAD;

  static {
    try {
      HEAD = MethodHandles.lookup().findVarHandle(ReadyStack.class, "head", Entry.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Entry head;

  @Override
  boolean isEmpty() {
    return head == null;
  }

  @Override
  @Nullable
  Entry peek() {
    return head;
  }

  @Override
  @Nullable
  Entry choose() {
    return head;
  }

  @Override
  void push(Entry first, Entry last) {
    Entry top;
    do {
      top = head;
      last.next = top;
    } while (!HEAD.compareAndSet(this, top, first));
  }

  @Override
  boolean pop(Entry top) {
    return HEAD.compareAndSet(this, top, top.next);
  }

  @Override
  boolean isStrict() {
    return false;
  }
}
