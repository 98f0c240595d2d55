package dev.duraflow.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Lets an interrupt through to a body, and to nothing before or after it: not to the store, which an interrupt would break, nor
 * to the next task, nor to whatever the thread does when the run is over.
 *
 * <pre>
 *   CLOSED --open--> OPEN --close--> CLOSED           by the thread that passes the gate
 *                    OPEN --strike--> STRIKING --> STRUCK    by who interrupts
 *                                      STRUCK --close--> CLOSED, and the interrupt is taken back
 * </pre>
 *
 * {@code open} is a full fence: who opens and then finds no stop asked for will be struck by whoever asks for one later.
 */
final class InterruptGate {
  private static final int CLOSED = 0;
  private static final int OPEN = 1;
  private static final int STRIKING = 2;
  private static final int STRUCK = 3;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(InterruptGate.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Thread thread;
  private volatile int state = CLOSED;

  InterruptGate(Thread thread) {
    this.thread = thread;
  }

  void open() {
    state = OPEN;
  }

  @SuppressWarnings("ThreadPriorityCheck") // not relied on for more than politeness
  void close() {
    if (!STATE.compareAndSet(this, OPEN, CLOSED)) {
      while (state == STRIKING) {
        Thread.yield(); // a virtual thread must not keep the striker from its carrier
      }
      state = CLOSED;
      Thread.interrupted();
    }
  }

  void strike() {
    if (STATE.compareAndSet(this, OPEN, STRIKING)) {
      thread.interrupt();
      state = STRUCK;
    }
  }
}
