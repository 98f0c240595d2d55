package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What dagx's tests check of tasks that run at once. Where they measure time, these wait for each other. */
final class SeedInterleavingTest {
  private final Duraflow duraflow = Duraflow.withoutStore();
  private final Dag dag = Dag.named("interleaving");
  private final Queue<String> order = new ConcurrentLinkedQueue<>();

  @Test
  void forcedInterleavingWithBarriers_threeStartBeforeAnyEnds() {
    CyclicBarrier barrier = new CyclicBarrier(3);
    List<Task<Integer>> three = IntStream.rangeClosed(1, 3)
        .mapToObj(i -> dag.task("t" + i, () -> {
          order.add("start");
          barrier.await();
          order.add("end");
          return i;
        }))
        .toList();
    Task<Integer> sum =
        dag.gather("sum", three, v -> v.stream().mapToInt(i -> i).sum());
    assertThat(duraflow.run(dag).get(sum)).isEqualTo(6);
    assertThat(order).containsExactly("start", "start", "start", "end", "end", "end");
  }

  @Test
  void alternatingExecutionPattern_twoChainsHandTheTurnBackAndForth() {
    Semaphore turnOfA = new Semaphore(1);
    Semaphore turnOfB = new Semaphore(0);
    Task<Integer> a = null;
    Task<Integer> b = null;
    for (int i = 0; i < 5; i++) {
      a = turn("A" + i, a, turnOfA, turnOfB);
      b = turn("B" + i, b, turnOfB, turnOfA);
    }
    duraflow.run(dag);
    assertThat(order).containsExactly("A0", "B0", "A1", "B1", "A2", "B2", "A3", "B3", "A4", "B4");
  }

  private Task<Integer> turn(String id, Task<Integer> after, Semaphore mine, Semaphore other) {
    return dag.task(id, after == null ? List.of() : List.of(after), in -> {
      mine.acquire();
      order.add(id);
      other.release();
      return 1;
    });
  }

  @Test
  void crossBranchSynchronization_bothBranchesLiveTogether() {
    CountDownLatch a1 = new CountDownLatch(1);
    CountDownLatch b1 = new CountDownLatch(1);
    CountDownLatch a2 = new CountDownLatch(1);
    Task<Integer> left = dag.task("A1", () -> {
      order.add("A1");
      a1.countDown();
      return 1;
    });
    Task<Integer> left2 = dag.task("A2", left, n -> {
      b1.await();
      order.add("A2");
      a2.countDown();
      return n + 2;
    });
    Task<Integer> right = dag.task("B1", () -> {
      a1.await();
      order.add("B1");
      b1.countDown();
      return 4;
    });
    Task<Integer> right2 = dag.task("B2", right, n -> {
      a2.await();
      order.add("B2");
      return n + 6;
    });
    Task<Integer> merge = dag.task("merge", left2, right2, Integer::sum);
    assertThat(duraflow.run(dag).get(merge)).isEqualTo(13);
    assertThat(order).containsExactly("A1", "B1", "A2", "B2");
  }

  @Test
  void noBarrierBetweenLayers_aChainOvertakesASlowSibling() {
    CountDownLatch chainDone = new CountDownLatch(1);
    dag.task("slow", () -> {
      chainDone.await();
      order.add("slow");
      return 1;
    });
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, n -> n + 1);
    dag.task("c", b, n -> {
      order.add("c");
      chainDone.countDown();
      return n;
    });
    duraflow.run(dag);
    assertThat(order).containsExactly("c", "slow");
  }

  @Test
  void dependencyResolutionOrder_eachStartsAfterItsPredecessorsEnd() {
    Task<Integer> task = dag.task("A", () -> ended("A", 0));
    for (String id : List.of("B", "C", "D", "E")) {
      task = dag.task(id, task, n -> ended(id, n + 1));
    }
    assertThat(duraflow.run(dag).get(task)).isEqualTo(4);
    assertThat(order).containsExactly("A+", "A-", "B+", "B-", "C+", "C-", "D+", "D-", "E+", "E-");
  }

  private int ended(String id, int value) {
    order.add(id + "+");
    Thread.onSpinWait();
    order.add(id + "-");
    return value;
  }

  @Test
  void hundredDependentsOfOneSource_eachRunOnce() {
    Map<Integer, Integer> runs = new ConcurrentHashMap<>();
    Task<Integer> source = dag.task("source", () -> {
      runs.merge(-1, 1, Integer::sum);
      return 1;
    });
    for (int i = 0; i < 100; i++) {
      int n = i;
      dag.task("d" + i, source, s -> runs.merge(n, s, Integer::sum));
    }
    duraflow.run(dag);
    assertThat(runs).hasSize(101);
    assertThat(runs.values()).containsOnly(1);
  }

  @Test
  void sharedCounter_twoHundredTimesAHundredIncrements() {
    AtomicInteger counter = new AtomicInteger();
    for (int i = 0; i < 200; i++) {
      dag.task("t" + i, () -> {
        int last = 0;
        for (int n = 0; n < 100; n++) {
          last = counter.incrementAndGet();
        }
        return last;
      });
    }
    duraflow.run(dag);
    assertThat(counter.get()).isEqualTo(20_000);
  }

  @Test
  void reader_seesWhatItsWriterWrote() {
    for (int round = 0; round < 200; round++) {
      Dag pair = Dag.named("pair");
      int[] plain = new int[100];
      List<Task<Integer>> readers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int n = i;
        Task<Integer> writer = pair.task("w" + i, () -> {
          plain[n] = n + 1;
          return n;
        });
        readers.add(pair.task("r" + i, writer, at -> plain[at]));
      }
      Run run = duraflow.run(pair);
      assertThat(readers)
          .extracting(run::get)
          .isEqualTo(IntStream.rangeClosed(1, 100).boxed().toList());
    }
  }

  @Test
  void fiftyAtOnce_ofAFanOfFifty() {
    CyclicBarrier all = new CyclicBarrier(50);
    Task<Integer> source = dag.task("source", () -> 1);
    for (int i = 0; i < 50; i++) {
      dag.task("t" + i, source, n -> all.await());
    }
    assertThat(duraflow.run(dag).completed()).isEqualTo(51);
  }

  @Test
  void sourcesRunOnDifferentThreads() {
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CyclicBarrier three = new CyclicBarrier(3);
    for (int i = 0; i < 3; i++) {
      dag.task("t" + i, () -> {
        threads.add(Thread.currentThread());
        return three.await();
      });
    }
    duraflow.run(dag);
    assertThat(threads).hasSize(3);
  }

  @Test
  void fiveRunsOfOneDagAtOnce_eachGetsAllItsOutputs() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      int n = i;
      dag.task("t" + i, () -> {
        calls.incrementAndGet();
        return n;
      });
    }
    CyclicBarrier all = new CyclicBarrier(5);
    ExecutorService pool = Executors.newFixedThreadPool(5);
    try {
      List<Future<Integer>> runs = new ArrayList<>();
      for (int r = 0; r < 5; r++) {
        String id = "run" + r;
        runs.add(pool.submit(() -> {
          all.await();
          return duraflow.run(dag, id).completed();
        }));
      }
      for (Future<Integer> run : runs) {
        assertThat(run.get()).isEqualTo(100);
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(calls.get()).isEqualTo(500);
  }

  @Test
  void hundredReadersAtOnce_ofAFinishedRun() throws Exception {
    Task<List<Integer>> task = dag.map(
        "map",
        dag.task("list", () -> List.of(1, 2, 3))
            .returns(new dev.duraflow.dag.TypeRef<List<Integer>>() {}),
        String::valueOf,
        n -> n);
    Run run = duraflow.run(dag);
    ExecutorService pool = Executors.newFixedThreadPool(10);
    try {
      List<Future<List<Integer>>> reads = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        reads.add(pool.submit(() -> run.get(task)));
      }
      for (Future<List<Integer>> read : reads) {
        assertThat(read.get()).containsExactly(1, 2, 3);
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
