package dev.duraflow.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Lets an interrupt through to a body, and to nothing before or after it: not to the store, which an interrupt would break, nor
 * to the next task, nor to whatever the thread does when the run is over.
 *
 * <pre>
 *   CLOSED --open--> OPEN --close--> CLOSED                   by the thread that passes the gate
 *                    OPEN --strike--> STRIKING --> STRUCK     by who stops the run
 *                    OPEN --expire--> STRIKING --> EXPIRED    by who finds that the body's time is over
 *                         STRUCK, EXPIRED --close--> CLOSED   and the interrupt is taken back
 *                         STRUCK, EXPIRED --abandon--> ABANDONED   by who will not wait for the body any longer
 * </pre>
 *
 * Beside it stands how often the gate has been opened, so that time that is over for one body does not strike the next.
 *
 * <p>{@code open} is a full fence: who opens and then finds no stop asked for will be struck by whoever asks for one later. Who
 * abandons has read what the passing thread's {@code open} published, so all that the thread wrote before the body; from then on
 * that is the abandoner's, and the thread, once it comes back, touches none of it.
 */
final class InterruptGate {
  /** How a body came back. */
  enum Passage {
    UNTOUCHED,
    STRUCK,
    EXPIRED,
    ABANDONED
  }

  private static final int CLOSED = 0;
  private static final int OPEN = 1;
  private static final int STRIKING = 2;
  private static final int STRUCK = 3;
  private static final int EXPIRED = 4;
  private static final int ABANDONED = 5;
  private static final int CODE = 7;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(InterruptGate.class, "state", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Thread thread;
  /** One of the above, and above that how often it was opened. */
  private volatile long state = CLOSED;

  InterruptGate(Thread thread) {
    this.thread = thread;
  }

  /** Opens the gate; answers the number of this opening. */
  long open() {
    long opening = (state & ~CODE) + CODE + 1;
    state = opening | OPEN;
    return opening;
  }

  @SuppressWarnings("ThreadPriorityCheck") // not relied on for more than politeness
  Passage close() {
    while (true) {
      long found = state;
      int code = (int) found & CODE;
      if (code == ABANDONED) {
        Thread.interrupted(); // it was struck before
        return Passage.ABANDONED;
      }
      if (code == STRIKING) {
        Thread.yield(); // a virtual thread must not keep the striker from its carrier
      } else if (STATE.compareAndSet(this, found, (found & ~CODE) | CLOSED)) {
        if (code == OPEN) {
          return Passage.UNTOUCHED;
        }
        Thread.interrupted();
        return code == STRUCK ? Passage.STRUCK : Passage.EXPIRED;
      }
    }
  }

  /** Interrupts the body that is passing, if one is. */
  void strike() {
    long found = state;
    if (((int) found & CODE) == OPEN) {
      strike(found & ~CODE, STRUCK);
    }
  }

  /** Interrupts the body of an opening, if it is still passing and nobody else has struck it; answers whether it did. */
  boolean expire(long opening) {
    return strike(opening, EXPIRED);
  }

  private boolean strike(long opening, int as) {
    if (!STATE.compareAndSet(this, opening | OPEN, opening | STRIKING)) {
      return false;
    }
    thread.interrupt();
    state = opening | as;
    return true;
  }

  /** The number of the opening through which a body that was struck has not come back; 0 if there is none. */
  long overdue() {
    long found = state;
    int code = (int) found & CODE;
    return code == STRUCK || code == EXPIRED ? found & ~CODE : 0;
  }

  /** Takes the thread's work from it, unless the body has come back; answers whether it did. */
  boolean abandon(long opening) {
    return STATE.compareAndSet(this, opening | STRUCK, opening | ABANDONED)
        || STATE.compareAndSet(this, opening | EXPIRED, opening | ABANDONED);
  }
}
