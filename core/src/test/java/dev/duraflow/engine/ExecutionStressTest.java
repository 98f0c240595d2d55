package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Thousands of small runs in which everything happens at once. Each must end, report its end once, call no body twice or beyond
 * its concurrency, and forget none unless it is stopped.
 */
final class ExecutionStressTest {
  private static final Duration GENEROUS = Duration.ofMinutes(1);
  private static final int RUNS = 1_500;

  private final ExecutorService pool = Executors.newFixedThreadPool(3);
  private final Random random = new Random();
  private final long seed = random.nextLong();

  {
    random.setSeed(seed);
  }

  @AfterEach
  void shutDown() {
    pool.shutdownNow();
  }

  /** How the executor treats the workers that it is given. */
  private enum Manner {
    PROMPT,
    /** The next is run only when another was sent, or nothing else came for a while of looking. */
    DELAYED,
    REORDERED,
    REFUSES_SOME,
    AT_ONCE
  }

  /** Where saves are acknowledged. */
  private enum Saving {
    NONE,
    WITHIN_THE_CALL,
    IN_ANOTHER_THREAD,
    IN_ANY_ORDER
  }

  /** Runs commands on the pool in some manner. */
  private final class Unruly implements java.util.concurrent.Executor {
    private final Manner manner;
    private final Random random;
    private final List<Runnable> kept = new ArrayList<>();

    Unruly(Manner manner, long seed) {
      this.manner = manner;
      this.random = new Random(seed);
    }

    @Override
    public void execute(Runnable command) {
      switch (manner) {
        case AT_ONCE -> command.run();
        case PROMPT -> pool.execute(command);
        case REFUSES_SOME -> {
          if (nextInt(2) == 0) {
            throw new RejectedExecutionException("not this one");
          }
          pool.execute(command);
        }
        default -> {
          Runnable earlier = swapOne(command);
          if (earlier != null) {
            pool.execute(earlier);
          }
          pool.execute(() -> {
            for (int i = 0; i < 50; i++) {
              Thread.onSpinWait();
            }
            Runnable late = takeOne();
            if (late != null) {
              late.run();
            }
          });
        }
      }
    }

    private synchronized int nextInt(int bound) {
      return random.nextInt(bound);
    }

    private synchronized Runnable swapOne(Runnable command) {
      kept.add(command);
      return kept.size() > 2 && manner == Manner.REORDERED
          ? kept.remove(random.nextInt(kept.size()))
          : null;
    }

    private synchronized Runnable takeOne() {
      return kept.isEmpty() ? null : kept.remove(random.nextInt(kept.size()));
    }
  }

  /** Acknowledges in a thread of its own, in some order, and fails now and then. */
  private static final class Acknowledging implements OpenRun {
    private final OpenRun inner;
    private final Saving saving;
    private final int failsAt;
    private final BlockingQueue<Runnable> queue;
    private final AtomicInteger saves = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();

    Acknowledging(OpenRun inner, Saving saving, int failsAt, BlockingQueue<Runnable> queue) {
      this.inner = inner;
      this.saving = saving;
      this.failsAt = failsAt;
      this.queue = queue;
    }

    @Override
    public Optional<TaskRecord> find(String taskId) {
      return inner.find(taskId);
    }

    @Override
    public CompletionStage<Void> save(TaskRecord record) {
      if (saves.incrementAndGet() == failsAt) {
        return CompletableFuture.failedFuture(new IllegalStateException("full"));
      }
      if (saving == Saving.WITHIN_THE_CALL) {
        return inner.save(record);
      }
      CompletableFuture<Void> saved = new CompletableFuture<>();
      queue.add(() -> {
        inner.save(record).toCompletableFuture().join();
        saved.complete(null);
      });
      return saved;
    }

    @Override
    public void close() {
      closed.incrementAndGet();
      inner.close();
    }
  }

  private static void acknowledge(BlockingQueue<Runnable> queue, Random random) {
    List<Runnable> some = new ArrayList<>();
    try {
      while (true) {
        some.add(queue.take());
        queue.drainTo(some, random.nextInt(5));
        java.util.Collections.shuffle(some, random);
        some.forEach(Runnable::run);
        some.clear();
      }
    } catch (InterruptedException end) {
      // The test is over.
    }
  }

  /** What is seen of the bodies of one run. */
  private static final class Watch {
    final AtomicIntegerArray calls = new AtomicIntegerArray(64);
    final AtomicInteger inFlight = new AtomicInteger();
    final AtomicInteger peak = new AtomicInteger();
    final AtomicInteger finished = new AtomicInteger();

    Integer call(int task, int value) {
      peak.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
      calls.incrementAndGet(task);
      inFlight.decrementAndGet();
      return value;
    }
  }

  private static Dag dag(Random random, Watch watch, int size, int failing) {
    Dag dag = Dag.named("stress");
    List<Task<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int n = i;
      List<Task<Integer>> inputs = new ArrayList<>();
      for (int d = random.nextInt(3); d > 0 && i > 0; d--) {
        inputs.add(tasks.get(random.nextInt(i)));
      }
      tasks.add(dag.gather("t" + i, inputs, values -> {
        watch.call(n, values.size());
        if (n == failing) {
          throw new IllegalStateException("failing");
        }
        return n;
      }));
    }
    Task<List<Integer>> list = dag.gather(
            "list", tasks.subList(0, Math.min(2, size)), v -> List.of(0, 1, 2))
        .returns(new TypeRef<List<Integer>>() {});
    dag.map("map", list, String::valueOf, n -> watch.call(50 + n, n));
    return dag;
  }

  private <T> T any(T[] values) {
    return values[random.nextInt(values.length)];
  }

  @ParameterizedTest
  @EnumSource(Manner.class)
  void everyRunEnds_once_andForgetsNothing(Manner manner) throws Exception {
    BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    Thread acknowledger = new Thread(() -> acknowledge(queue, new Random(seed)), "acknowledger");
    acknowledger.setDaemon(true);
    acknowledger.start();
    try {
      for (int round = 0; round < RUNS; round++) {
        oneRun(manner, round, queue);
      }
    } finally {
      acknowledger.interrupt();
    }
  }

  private void oneRun(Manner manner, int round, BlockingQueue<Runnable> queue) throws Exception {
    Watch watch = new Watch();
    int size = 1 + random.nextInt(12);
    int failing = random.nextInt(4) == 0 ? random.nextInt(size) : -1;
    Dag dag = dag(random, watch, size, failing);
    Saving saving = any(Saving.values());
    int failsAt = random.nextInt(4) == 0 ? 1 + random.nextInt(size) : -1;
    Acknowledging open = saving == Saving.NONE
        ? null
        : new Acknowledging(Store.inMemory().open("run"), saving, failsAt, queue);
    int most = 1 + random.nextInt(4);
    FailurePolicy policy = any(FailurePolicy.values());
    Settings settings = TestSettings.of(
        new Unruly(manner, seed + round),
        most,
        policy,
        List.of(event -> {
          if (event instanceof RunEvent.RunFinished) {
            watch.finished.incrementAndGet();
          }
        }),
        Clock.systemUTC());
    Execution execution = new Execution(
        dag,
        "run",
        settings,
        open == null ? null : new Records("run", open, Codec.json()),
        Durations.unknown());
    boolean cancel = random.nextInt(3) == 0;
    int patience = random.nextInt(300);
    Thread caller = null;
    if (random.nextBoolean()) {
      caller = new Thread(execution::run, "caller");
      caller.start();
    } else {
      execution.start();
    }
    if (cancel) {
      for (int i = 0; i < patience; i++) {
        Thread.onSpinWait();
      }
      execution.cancel();
    }
    String as = String.format(
        "seed %d, round %d: %s, %s, most %d, %s, failing %d, failing save %d, cancel %s, %s",
        seed, round, manner, saving, most, policy, failing, failsAt, cancel, caller);
    if (!execution.await(GENEROUS)) {
      StringBuilder threads = new StringBuilder(as + " does not end");
      Thread.getAllStackTraces()
          .forEach((thread, stack) -> threads
              .append("\n" + thread)
              .append("\n  "
                  + String.join(
                      "\n  ",
                      java.util.Arrays.stream(stack).map(Object::toString).toList())));
      throw new AssertionError(threads.toString());
    }
    if (caller != null) {
      caller.join(GENEROUS.toMillis());
      assertThat(caller.isAlive()).as(as).isFalse();
    }
    assertThat(watch.finished.get()).as(as).isEqualTo(1);
    assertThat(open == null ? 1 : open.closed.get()).as(as).isEqualTo(1);
    assertThat(watch.peak.get()).as(as).isLessThanOrEqualTo(most);
    for (int i = 0; i < watch.calls.length(); i++) {
      assertThat(watch.calls.get(i)).as("%s, task %s", as, i).isLessThanOrEqualTo(1);
    }
    boolean refused = manner == Manner.REFUSES_SOME && caller == null;
    boolean bad = failing >= 0 || (failsAt > 0 && saving != Saving.NONE) || refused;
    RunState state = execution.state();
    if (!cancel && !bad) {
      assertThat(state).as(as).isEqualTo(RunState.SUCCEEDED);
    }
    if (state == RunState.SUCCEEDED) {
      assertThat(execution.completed()).as(as).isEqualTo(execution.total()).isEqualTo(size + 2 + 3);
      assertThat(execution.failures()).as(as).isEmpty();
    }
    if (state == RunState.FAILED) {
      assertThat(execution.failures()).as(as).isNotEmpty();
      assertThat(bad).as(as).isTrue();
    }
    if (state == RunState.CANCELLED) {
      assertThat(cancel).as(as).isTrue();
    }
  }

  @Test
  void callerIsWokenEachTime_whenAllItsWorkComesFromTheStoresThread() {
    BlockingQueue<Runnable> queue = new LinkedBlockingQueue<>();
    Thread acknowledger = new Thread(() -> acknowledge(queue, new Random(seed)), "acknowledger");
    acknowledger.setDaemon(true);
    acknowledger.start();
    try {
      Dag dag = Dag.named("chain");
      Task<Integer> task = dag.task("0", () -> 0);
      for (int i = 1; i < 20_000; i++) {
        task = dag.task("" + i, task, n -> n + 1);
      }
      for (Manner manner : Manner.values()) {
        for (int most : new int[] {1, 2}) {
          OpenRun open =
              new Acknowledging(Store.inMemory().open("run"), Saving.IN_ANOTHER_THREAD, -1, queue);
          Settings settings = TestSettings.of(
              new Unruly(manner, seed),
              most,
              FailurePolicy.FAIL_FAST,
              List.of(),
              Clock.systemUTC());
          Execution execution = new Execution(
              dag, "run", settings, new Records("run", open, Codec.json()), Durations.unknown());
          execution.run();
          assertThat(execution.state()).isEqualTo(RunState.SUCCEEDED);
          assertThat(execution.output(task)).isEqualTo(19_999);
        }
      }
    } finally {
      acknowledger.interrupt();
    }
  }
}
