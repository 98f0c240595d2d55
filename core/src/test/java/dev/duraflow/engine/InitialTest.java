package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

final class InitialTest {
  private static int[] upTo(int size) {
    return IntStream.range(0, size).toArray();
  }

  /** Claims from three blocks by two workers, of which each claims for itself. */
  public static final class Claimed {
    private static final int TASKS = 5;

    private final Initial initial = new Initial(upTo(TASKS), TASKS, 2);
    private final Initial.Claims one = initial.claims();
    private final Initial.Claims other = initial.claims();
    private final AtomicIntegerArray claimed = new AtomicIntegerArray(TASKS);

    @Operation(nonParallelGroup = "one")
    public void claimByOne() {
      claim(one);
    }

    @Operation(nonParallelGroup = "other")
    public void claimByOther() {
      claim(other);
    }

    private void claim(Initial.Claims claims) {
      int task = claims.next();
      if (task != Initial.NONE) {
        claimed.incrementAndGet(task);
      }
    }

    @Validate
    public void eachIsClaimedOnce() {
      int left = 0;
      for (int task = 0; task < TASKS; task++) {
        int times = claimed.get(task);
        if (times > 1) {
          throw new IllegalStateException("task " + task + " was claimed " + times + " times");
        }
        left += 1 - times;
      }
      if (initial.isDrained() != (left == 0)) {
        throw new IllegalStateException(left + " left, drained: " + initial.isDrained());
      }
    }
  }

  @Test
  void task_isClaimedOnce_onEveryInterleaving() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(300)
        .threads(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .actorsPerThread(3)
        .check(Claimed.class);
  }

  @Test
  void oneWorker_claimsInOrder_andSeesTheEndWithTheLast() {
    for (int size : new int[] {0, 1, 15, 16, 17, 1_000, 1_025, 5_000}) {
      Initial initial = new Initial(upTo(size + 3), size);
      Initial.Claims claims = initial.claims();
      for (int task = 0; task < size; task++) {
        assertThat(initial.isDrained()).as("%s of %s", task, size).isFalse();
        assertThat(claims.next()).isEqualTo(task);
      }
      assertThat(initial.isDrained()).as("of %s", size).isTrue();
      assertThat(claims.next()).isEqualTo(Initial.NONE);
    }
  }

  @Test
  void workers_areFarApart_andHelpEachOtherAtTheEnd() {
    Initial initial = new Initial(upTo(6), 6, 3);
    Initial.Claims one = initial.claims();
    Initial.Claims other = initial.claims();
    assertThat(one.next()).isEqualTo(0);
    assertThat(other.next()).isEqualTo(3);
    assertThat(other.next()).isEqualTo(4);
    assertThat(other.next()).isEqualTo(5);
    assertThat(other.next()).as("of the block that one is at").isEqualTo(1);
    assertThat(one.next()).isEqualTo(2);
    assertThat(initial.isDrained()).isTrue();
  }

  @Test
  void workers_claimEachTaskOnce_atFullSpeed() throws Exception {
    int size = 10_000;
    int workers = 3;
    ExecutorService pool = Executors.newFixedThreadPool(workers);
    try {
      for (int round = 0; round < 20; round++) {
        Initial initial = new Initial(upTo(size), size);
        CyclicBarrier all = new CyclicBarrier(workers);
        List<Future<List<Integer>>> shares = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
          shares.add(pool.submit(() -> {
            Initial.Claims claims = initial.claims();
            List<Integer> share = new ArrayList<>();
            all.await();
            for (int task = claims.next(); task != Initial.NONE; task = claims.next()) {
              share.add(task);
            }
            return share;
          }));
        }
        List<Integer> claimed = new ArrayList<>();
        for (Future<List<Integer>> share : shares) {
          claimed.addAll(share.get());
        }
        Collections.sort(claimed);
        assertThat(claimed).isEqualTo(IntStream.range(0, size).boxed().toList());
        assertThat(initial.isDrained()).isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
