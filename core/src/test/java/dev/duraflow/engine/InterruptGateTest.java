package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.junit.jupiter.api.Test;

final class InterruptGateTest {
  /** A thread whose interrupts are counted and go nowhere, for every interleaving to be tried on. */
  private static final class Counted extends Thread {
    final AtomicInteger interrupts = new AtomicInteger();

    @Override
    public void interrupt() {
      interrupts.incrementAndGet();
    }
  }

  @Test
  void strikes_reachTheThreadOnlyWhileTheGateIsOpen() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      for (int round = 0; round < 20_000; round++) {
        CyclicBarrier all = new CyclicBarrier(3);
        Counted thread = new Counted();
        InterruptGate gate = new InterruptGate(thread);
        Future<Integer> passer = pool.submit(() -> {
          all.await();
          gate.open();
          gate.close();
          return thread.interrupts.get();
        });
        for (int i = 0; i < 2; i++) {
          pool.execute(() -> {
            try {
              all.await();
            } catch (Exception e) {
              throw new AssertionError(e);
            }
            gate.strike();
          });
        }
        int atClose = passer.get();
        assertThat(atClose).as("round %s", round).isBetween(0, 1);
        gate.strike();
        assertThat(thread.interrupts.get()).as("round %s", round).isEqualTo(atClose);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void interrupt_isTakenBackWhenTheGateIsClosed() throws Exception {
    InterruptGate gate = new InterruptGate(Thread.currentThread());
    gate.strike();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    gate.open();
    gate.strike();
    gate.strike();
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
    gate.close();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    gate.strike();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void interruptFromElsewhere_isLeftAlone() {
    InterruptGate gate = new InterruptGate(Thread.currentThread());
    gate.open();
    Thread.currentThread().interrupt();
    gate.close();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void whoOpensAndSeesNoStop_isStruckByWhoStops() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < 20_000; round++) {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicBoolean stop = new AtomicBoolean();
        CountDownLatch never = new CountDownLatch(1);
        InterruptGate[] gates = new InterruptGate[1];
        Future<Boolean> body = pool.submit(() -> {
          InterruptGate gate = new InterruptGate(Thread.currentThread());
          gates[0] = gate;
          both.await();
          gate.open();
          try {
            if (!stop.get()) {
              never.await(); // for ever, unless it is struck
            }
          } catch (InterruptedException e) {
            // As it should be.
          } finally {
            gate.close();
          }
          return Thread.currentThread().isInterrupted();
        });
        both.await();
        stop.set(true);
        gates[0].strike();
        assertThat(body.get()).as("round %s", round).isFalse();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void noStrikeIsLostOrLate_onEveryInterleaving() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(200)
        .threads(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .actorsPerThread(2)
        .check(Struck.class);
  }

  /** A gate that is passed and struck; that nothing comes late is what {@code pass} answers, always true. */
  public static final class Struck {
    private final Counted thread = new Counted();
    private final InterruptGate gate = new InterruptGate(thread);

    @Operation(nonParallelGroup = "passer")
    public boolean pass() {
      int before = thread.interrupts.get();
      gate.open();
      gate.close();
      int through = thread.interrupts.get() - before;
      gate.open();
      gate.close();
      return through <= 1 && thread.interrupts.get() - before <= 2;
    }

    @Operation(nonParallelGroup = "passer")
    public boolean isQuietWhenClosed() {
      int before = thread.interrupts.get();
      return thread.interrupts.get() == before;
    }

    @Operation
    public void strike() {
      gate.strike();
    }
  }

  @Test
  void whateverComesAtOnce_oneOfThemHasWhatIsInHand_onEveryInterleaving() {
    new ModelCheckingOptions()
        .iterations(15)
        .invocationsPerIteration(300)
        .threads(3)
        .actorsBefore(0)
        .actorsAfter(2)
        .actorsPerThread(3)
        .check(Contested.class);
  }

  /**
   * A body that completes, while others stop it, find its time to be over, and leave it behind. What it has in hand, in a plain
   * field as in {@link Worker}, goes on with the passer or with the abandoner, and neither sees less than all of it.
   */
  public static final class Contested {
    private final Counted thread = new Counted();
    private final InterruptGate gate = new InterruptGate(thread);
    private int inHand;
    private boolean isOpen;
    private boolean isLeftBehind;
    private int before;
    private volatile long opening;
    /** Whoever finds another at striking does nothing, and only then comes the grace period. */
    private final AtomicInteger striking = new AtomicInteger();

    @Operation(nonParallelGroup = "passer")
    public String open() {
      if (isOpen || isLeftBehind) {
        return "not now";
      }
      before = thread.interrupts.get();
      inHand = 7;
      isOpen = true;
      opening = gate.open();
      return "open";
    }

    @Operation(nonParallelGroup = "passer")
    public String close() {
      if (!isOpen) {
        return "not now";
      }
      InterruptGate.Passage passage = gate.close();
      isOpen = false;
      isLeftBehind = passage == InterruptGate.Passage.ABANDONED;
      String interrupts = " after " + (thread.interrupts.get() - before) + " interrupts";
      return isLeftBehind ? passage + interrupts : passage + " with " + taken() + interrupts;
    }

    @Operation
    public void strike() {
      striking.incrementAndGet();
      gate.strike();
      striking.decrementAndGet();
    }

    @Operation
    public boolean expire() {
      striking.incrementAndGet();
      boolean struck = gate.expire(opening);
      striking.decrementAndGet();
      return struck;
    }

    @Operation
    public int abandon() {
      while (striking.get() > 0) {
        Thread.onSpinWait();
      }
      long overdue = gate.overdue();
      return overdue != 0 && gate.abandon(overdue) ? taken() : -1;
    }

    private int taken() {
      int all = inHand;
      inHand = 0;
      return all;
    }
  }
}
