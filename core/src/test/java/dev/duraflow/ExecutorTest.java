package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who runs the bodies, and how many at once. */
final class ExecutorTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final List<ExecutorService> pools = new ArrayList<>();

  private ExecutorService pool(int threads) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    pools.add(pool);
    return pool;
  }

  @AfterEach
  void shutDown() {
    pools.forEach(ExecutorService::shutdownNow);
  }

  /** Ten chains of ten and a sum, and a map over it. */
  private static Task<List<Integer>> mixed(Dag dag, Runnable inEachBody) {
    List<Task<Integer>> ends = new ArrayList<>();
    for (int c = 0; c < 10; c++) {
      int chain = c;
      Task<Integer> task = dag.task("c" + c, () -> {
        inEachBody.run();
        return chain;
      });
      for (int i = 1; i < 10; i++) {
        task = dag.task("c" + c + "-" + i, task, n -> {
          inEachBody.run();
          return n + 1;
        });
      }
      ends.add(task);
    }
    Task<List<Integer>> all = dag.gather("all", ends, (List<Integer> values) -> values)
        .returns(new TypeRef<List<Integer>>() {});
    return dag.map("map", all, String::valueOf, n -> {
      inEachBody.run();
      return n * 2;
    });
  }

  private static final List<Integer> MIXED_OUTPUT =
      IntStream.range(0, 10).mapToObj(c -> 2 * (c + 9)).toList();

  private static List<Duraflow.Builder> builders() {
    return List.of(
        Duraflow.builder(),
        Duraflow.builder().store(Store.inMemory()),
        Duraflow.builder().store(AsyncStore.inMemory()),
        Duraflow.builder().store(new AsyncStore(Store.inMemory(), AsyncStore.Mode.SHUFFLED, 7)));
  }

  @Test
  void maxConcurrency1_runsAllOnTheCaller() {
    for (Duraflow.Builder builder : builders()) {
      Duraflow duraflow = builder.maxConcurrency(1).build();
      for (int round = 0; round < 60; round++) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        Dag dag = Dag.named("caller");
        Task<List<Integer>> map = mixed(dag, () -> threads.add(Thread.currentThread()));
        assertThat(duraflow.run(dag, "run" + round).get(map)).isEqualTo(MIXED_OUTPUT);
        assertThat(threads).as("round %s", round).containsExactly(Thread.currentThread());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void maxConcurrency1_runsInTheSameOrderEveryTime(boolean stored) {
    List<String> first = null;
    for (int round = 0; round < 100; round++) {
      List<String> order = new ArrayList<>();
      Dag dag = Dag.named("order");
      mixed(dag, () -> order.add(dev.duraflow.dag.TaskContext.current().taskId()));
      Duraflow.Builder builder = Duraflow.builder().maxConcurrency(1);
      if (stored) {
        builder.store(Store.inMemory());
      }
      builder.build().run(dag);
      assertThat(order).hasSize(110);
      first = first == null ? order : first;
      assertThat(order).as("round %s", round).isEqualTo(first);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void maxConcurrency_isNeverExceeded(int most) throws Exception {
    for (Duraflow.Builder builder : builders()) {
      Duraflow duraflow = builder.maxConcurrency(most).build();
      for (int round = 0; round < 50; round++) {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger peak = new AtomicInteger();
        Dag dag = Dag.named("most");
        Task<List<Integer>> map = mixed(dag, () -> {
          peak.accumulateAndGet(now.incrementAndGet(), Math::max);
          Thread.onSpinWait();
          now.decrementAndGet();
        });
        Run run = round % 2 == 0
            ? duraflow.run(dag, "run" + round)
            : duraflow.start(dag, "run" + round).await();
        assertThat(run.get(map)).isEqualTo(MIXED_OUTPUT);
        assertThat(peak.get()).as("round %s", round).isBetween(1, most);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 50})
  void asManyBodiesAsAllowed_areInFlightAtOnce(int most) throws Exception {
    for (Duraflow.Builder builder : builders()) {
      Duraflow duraflow = builder.maxConcurrency(most).build();
      for (String how : List.of("run", "start")) {
        CountDownLatch allIn = new CountDownLatch(most);
        Dag dag = Dag.named("flight");
        Task<Integer> source = dag.task("source", () -> 0);
        for (int i = 0; i < most; i++) {
          dag.task("task" + i, source, n -> {
            allIn.countDown();
            allIn.await();
            return n;
          });
        }
        Run run = how.equals("run")
            ? duraflow.run(dag, how)
            : duraflow.start(dag, how).await();
        assertThat(run.completed()).isEqualTo(most + 1);
      }
    }
  }

  @Test
  void anyExecutorWillDo() throws Exception {
    ForkJoinPool forkJoin = new ForkJoinPool(2);
    pools.add(forkJoin);
    ExecutorService one = pool(1);
    AtomicInteger calls = new AtomicInteger();
    ExecutorService fickle = pool(2);
    List<Executor> executors = List.of(
        Runnable::run,
        forkJoin,
        ForkJoinPool.commonPool(),
        one,
        pool(3),
        command -> new Thread(command).start(),
        command -> {
          if (calls.incrementAndGet() % 3 != 1) {
            throw new RejectedExecutionException("not now");
          }
          fickle.execute(command);
        });
    for (int e = 0; e < executors.size(); e++) {
      for (Duraflow.Builder builder : builders()) {
        Duraflow duraflow = builder.executor(executors.get(e)).maxConcurrency(4).build();
        for (int round = 0; round < 20; round++) {
          Dag dag = Dag.named("any");
          AtomicInteger bodies = new AtomicInteger();
          Task<List<Integer>> map = mixed(dag, bodies::incrementAndGet);
          boolean fickleOne = e == executors.size() - 1;
          Run run = round % 2 == 0 || fickleOne
              ? duraflow.run(dag, "run" + round)
              : duraflow.start(dag, "run" + round).await();
          assertThat(run.get(map)).as("executor %s round %s", e, round).isEqualTo(MIXED_OUTPUT);
          assertThat(bodies.get()).isEqualTo(110);
        }
      }
    }
  }

  @Test
  void executorThatRefuses_leavesAllToTheCaller() {
    for (Duraflow.Builder builder : builders()) {
      Duraflow duraflow = builder
          .executor(command -> {
            throw new RejectedExecutionException("shut down");
          })
          .build();
      for (int round = 0; round < 60; round++) {
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        Dag dag = Dag.named("refused");
        Task<List<Integer>> map = mixed(dag, () -> threads.add(Thread.currentThread()));
        assertThat(duraflow.run(dag, "run" + round).get(map)).isEqualTo(MIXED_OUTPUT);
        assertThat(threads).containsExactly(Thread.currentThread());
      }
    }
  }

  @Test
  void start_onExecutorThatRefuses_failsTheRunWithItsCause() throws Exception {
    ExecutorService shutDown = pool(1);
    shutDown.shutdown();
    Store store = Store.inMemory();
    Duraflow duraflow = Duraflow.builder().executor(shutDown).store(store).build();
    Dag dag = Dag.named("refused");
    Task<Integer> task = dag.task("task", () -> 1);
    Run run = duraflow.start(dag);
    assertThat(run.await(LONG)).isTrue();
    assertThat(run.state()).isEqualTo(RunState.FAILED);
    assertThatThrownBy(run::await)
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("task 'task'")
        .hasMessageContaining("the executor refused to run it")
        .hasRootCauseInstanceOf(RejectedExecutionException.class);
    assertThat(run.failures()).hasSize(1);
    assertThat(Duraflow.builder().store(store).build().run(dag).get(task)).isEqualTo(1);
  }

  @Test
  void start_onExecutorThatRefusesFromTheKthCallOn_endsEitherWay() throws Exception {
    for (int k = 0; k < 30; k++) {
      for (Store store : List.of(
          Store.inMemory(),
          AsyncStore.inMemory(),
          new AsyncStore(Store.inMemory(), AsyncStore.Mode.SHUFFLED, k))) {
        int last = k;
        AtomicInteger calls = new AtomicInteger();
        ExecutorService pool = pool(2);
        Executor executor = command -> {
          if (calls.incrementAndGet() > last) {
            throw new RejectedExecutionException("call " + calls);
          }
          pool.execute(command);
        };
        Dag dag = Dag.named("kth");
        Task<List<Integer>> map = mixed(dag, () -> {});
        Run run = Duraflow.builder()
            .store(store)
            .executor(executor)
            .maxConcurrency(3)
            .build()
            .start(dag);
        assertThat(run.await(LONG)).as("k = %s: %s", k, run).isTrue();
        if (run.state() == RunState.SUCCEEDED) {
          assertThat(run.failures()).isEmpty();
        } else {
          assertThat(run.failures()).hasSize(1);
          assertThat(run.failures().get(0).cause()).hasMessageContaining("executor refused");
        }
        assertThat(Duraflow.builder().store(store).build().run(dag).get(map))
            .isEqualTo(MIXED_OUTPUT);
        pool.shutdown();
      }
    }
  }

  @Test
  void helperThatNeverComes_leavesTheCallerAsleepNoMore() {
    Duraflow duraflow = Duraflow.builder()
        .store(AsyncStore.inMemory())
        .executor(command -> {
          // Taken and lost, as by a pool that is shut down now.
        })
        .build();
    Dag dag = Dag.named("lost");
    Task<List<Integer>> map = mixed(dag, () -> {});
    assertThat(duraflow.run(dag).get(map)).isEqualTo(MIXED_OUTPUT);
  }

  @Test
  void nestedRun_onTheOnlyThreadOfThePool_isNotLeftWaitingForAnother() throws Exception {
    for (Duraflow.Builder builder : builders()) {
      Duraflow duraflow = builder.executor(pool(1)).build();
      Dag inner = Dag.named("inner");
      Task<List<Integer>> map = mixed(inner, () -> {});
      Dag outer = Dag.named("outer");
      Task<Integer> sum = outer.task("sum", () -> {
        List<Integer> outputs = duraflow.run(inner).get(map);
        return outputs.stream().mapToInt(i -> i).sum();
      });
      assertThat(duraflow.start(outer).await().get(sum))
          .isEqualTo(MIXED_OUTPUT.stream().mapToInt(i -> i).sum());
      assertThat(duraflow.run(outer, "again").get(sum))
          .isEqualTo(MIXED_OUTPUT.stream().mapToInt(i -> i).sum());
    }
  }

  @Test
  void cancel_endsARunWhoseWorkerNeverComes() throws Exception {
    Queue<Runnable> neverRun = new ConcurrentLinkedQueue<>();
    Store store = Store.inMemory();
    Duraflow duraflow = Duraflow.builder().store(store).executor(neverRun::add).build();
    Dag dag = Dag.named("never");
    Task<List<Integer>> map = mixed(dag, () -> {});
    Run run = duraflow.start(dag);
    assertThat(run.await(Duration.ZERO)).isFalse();
    run.cancel();
    assertThat(run.await(LONG)).isTrue();
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
    neverRun.forEach(Runnable::run); // late workers find nothing and change nothing
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThat(Duraflow.builder().store(store).build().run(dag).get(map)).isEqualTo(MIXED_OUTPUT);
  }

  @Test
  void cancel_endsARunWhoseWorkerNeverComesWhenTheSaveUnderWayIsDurable() throws Exception {
    CountDownLatch saving = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    Store held = new AsyncStore(
        new StoreAround(Store.inMemory(), (run, record) -> {
          saving.countDown();
          try {
            cancelled.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          return run.save(record);
        }),
        AsyncStore.Mode.IN_ORDER,
        0);
    ExecutorService pool = pool(1);
    AtomicInteger calls = new AtomicInteger();
    Duraflow duraflow = Duraflow.builder()
        .store(held)
        .executor(command -> {
          if (calls.getAndIncrement() == 0) {
            pool.execute(command);
          }
        })
        .build();
    Dag dag = Dag.named("held");
    Task<Integer> a = dag.task("a", () -> 1);
    dag.task("b", a, n -> n);
    dag.task("c", a, n -> n);
    Run run = duraflow.start(dag);
    saving.await();
    run.cancel();
    cancelled.countDown();
    assertThat(run.await(LONG)).isTrue();
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThat(run.get(a)).isEqualTo(1);
  }
}
