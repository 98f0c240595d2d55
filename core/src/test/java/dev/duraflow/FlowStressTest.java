package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Durability;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Small runs in which timeouts, retries, limits, failures, cancellation and bodies that don't heed their interrupt come at once, at
 * moments that a seed and a manual clock decide. Each ends once, tells a consistent story, loses no permit, leaves no thread
 * interrupted, and is resumed to the outputs of an undisturbed run. {@code -Dduraflow.seed=N} tries an earlier seed again.
 */
final class FlowStressTest {
  private static final int ROUNDS = Boolean.getBoolean("duraflow.nightly") ? 6_000 : 600;
  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};
  private static final java.util.logging.Logger LOG =
      java.util.logging.Logger.getLogger("dev.duraflow");

  private final ExecutorService pool = Executors.newFixedThreadPool(4);
  private final ExecutorService helper = Executors.newSingleThreadExecutor();
  private final AtomicInteger leftInterrupted = new AtomicInteger();

  @BeforeAll
  static void silence() {
    LOG.setLevel(java.util.logging.Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    LOG.setLevel(null);
  }

  @AfterEach
  void shutDown() {
    pool.shutdownNow();
    helper.shutdownNow();
  }

  /** What a body does while times are bad; afterwards each returns its number at once. */
  private enum Mood {
    QUICK,
    FAILS_ONCE,
    FAILS,
    WAITS,
    WAITS_AND_RETURNS_ALL_THE_SAME,
    DOES_NOT_HEED,
    DOES_NOT_LOOK
  }

  /** One DAG with its bodies and what is seen of them, run on one engine under one run id. */
  private final class Round {
    final Random random;
    final String as;
    final ManualTime time = new ManualTime();
    final Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
    final Set<String> failedOnce = ConcurrentHashMap.newKeySet();
    final Limit limit = Limit.concurrent("two", 2);
    final Limit rate = Limit.perSecond("rate", 4);
    final AtomicInteger inside = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final Queue<String> calls = new ConcurrentLinkedQueue<>();
    final Dag dag = Dag.named("stress");
    final Task<Integer> sum;
    final Store store;
    final Durability durability;
    final boolean stored;
    final boolean observed;
    final FailurePolicy policy;
    final int concurrency;
    int expected;
    volatile boolean badTimes = true;
    volatile CountDownLatch stubborn = new CountDownLatch(1);

    Round(long seed) {
      this.random = new Random(seed);
      this.sum = declare();
      this.policy = random.nextBoolean() ? FailurePolicy.FAIL_FAST : FailurePolicy.KEEP_GOING;
      this.concurrency = 1 + random.nextInt(4);
      this.stored = random.nextInt(3) > 0;
      this.observed = stored || random.nextBoolean();
      AsyncStore.Mode[] modes = AsyncStore.Mode.values();
      int mode = random.nextInt(2 * modes.length);
      this.store = mode < modes.length
          ? new AsyncStore(Store.inMemory(), modes[mode], seed)
          : Store.inMemory();
      this.durability = random.nextBoolean() ? Durability.STRICT : Durability.PIPELINED;
      this.as = "-Dduraflow.seed=" + seed + ": " + policy + ", " + concurrency + " at once, "
          + (stored
              ? "stored by " + mode + " as " + durability
              : observed ? "observed" : "neither stored nor observed");
    }

    private Duraflow.Builder builder() {
      Duraflow.Builder builder = Duraflow.builder()
          .scheduler(time)
          .clock(time.clock())
          .random(() -> 0.5)
          .executor(command -> pool.execute(() -> {
            command.run();
            if (Thread.interrupted()) {
              leftInterrupted.incrementAndGet();
            }
          }))
          .failurePolicy(policy)
          .durability(durability)
          .maxConcurrency(concurrency)
          .gracePeriod(Duration.ofMillis(500));
      if (observed) {
        builder.listener(events::add);
      }
      return stored ? builder.store(store) : builder;
    }

    private Task<Integer> declare() {
      List<Task<Integer>> tasks = new ArrayList<>();
      List<Integer> values = new ArrayList<>();
      int size = 3 + random.nextInt(8);
      for (int i = 0; i < size; i++) {
        List<Task<Integer>> inputs = new ArrayList<>();
        int value = 1;
        for (int d = random.nextInt(3); d > 0 && i > 0; d--) {
          int input = random.nextInt(i);
          inputs.add(tasks.get(input));
          value += values.get(input);
        }
        values.add(value);
        String id = "t" + i;
        Mood mood = mood();
        boolean limited = random.nextInt(3) == 0;
        tasks.add(options(
            dag.gather(id, inputs, all -> 1 + total(all) + body(id, mood, limited)),
            mood,
            limited));
      }
      Mood mood = mood();
      Task<List<Integer>> list =
          dag.task("list", () -> IntStream.range(0, 5).boxed().toList()).returns(INTEGERS);
      Task<List<Integer>> map = options(
          dag.map(
              "map",
              list,
              String::valueOf,
              n -> n + body("map[" + n + "]", n % 2 == 0 ? mood : Mood.QUICK, true)),
          mood,
          true);
      Task<Integer> expansion = dag.expand("expand", list, (sub, numbers) -> {
            Task<Integer> a =
                options(sub.task("a", () -> 3 + body("expand/a", mood, false)), mood, false);
            return sub.task("b", a, n -> n + total(numbers));
          })
          .returns(Integer.class);
      tasks.add(expansion);
      expected = total(values) + (3 + 10) + 10;
      return dag.task("sum", dag.gather("all", tasks, Round::total), map, (n, m) -> n + total(m));
    }

    private static int total(List<Integer> values) {
      return values.stream().mapToInt(n -> n).sum();
    }

    private Mood mood() {
      return random.nextBoolean()
          ? Mood.QUICK
          : Mood.values()[random.nextInt(Mood.values().length)];
    }

    private <T> Task<T> options(Task<T> task, Mood mood, boolean limited) {
      if (limited) {
        task.limit(limit);
      }
      if (random.nextInt(4) == 0) {
        task.limit(rate);
      }
      if (random.nextInt(4) == 0) {
        task.external();
      }
      if (mood.compareTo(Mood.WAITS) >= 0 || random.nextInt(4) == 0) {
        task.timeout(Duration.ofMillis(1 + random.nextInt(1_000)));
      }
      if (random.nextInt(3) == 0) {
        task.retry(Retry.times(1 + random.nextInt(3))
            .backoff(Duration.ofMillis(random.nextInt(300)))
            .jitter(0.5));
      }
      return task;
    }

    /** Always 0, if anything. */
    private int body(String id, Mood mood, boolean limited) throws InterruptedException {
      calls.add(id);
      if (limited) {
        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
      }
      try {
        if (badTimes) {
          behave(id, mood);
        }
        return 0;
      } finally {
        if (limited) {
          inside.decrementAndGet();
        }
      }
    }

    private void behave(String id, Mood mood) throws InterruptedException {
      switch (mood) {
        case QUICK -> {}
        case FAILS -> throw new IllegalStateException(id);
        case FAILS_ONCE -> {
          if (failedOnce.add(id)) {
            throw new IllegalStateException(id);
          }
        }
        case WAITS -> new CountDownLatch(1).await();
        case WAITS_AND_RETURNS_ALL_THE_SAME -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            // But not swallowed for good: the engine knows why it came.
          }
        }
        case DOES_NOT_HEED -> {
          CountDownLatch until = stubborn;
          while (until.getCount() > 0) {
            try {
              until.await();
            } catch (InterruptedException e) {
              // not heeded
            }
          }
        }
        case DOES_NOT_LOOK -> {
          CountDownLatch until = stubborn;
          while (until.getCount() > 0) {
            Thread.onSpinWait();
          }
        }
      }
    }

    /** Lets time pass, in steps that the seed decides, until a run has ended. */
    void drive(BooleanSupplier goesOn, IntConsumer atStep) {
      long began = System.nanoTime();
      for (int step = 0; goesOn.getAsBoolean(); step++) {
        atStep.accept(step);
        for (int i = random.nextInt(200); i > 0; i--) {
          Thread.onSpinWait();
        }
        if (random.nextInt(20) == 0) {
          releaseBeside(random.nextInt(2_000)); // perhaps just when they are left behind
        }
        time.advance(Duration.ofMillis(random.nextInt(100)));
        if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(30)) {
          throw new AssertionError(as + " does not end: " + events + stacks());
        }
      }
    }

    /** How a run ended. */
    private record End(
        RunState state, int failures, @Nullable Integer output) {}

    /** Runs the DAG once, in threads of the pool only or in another one as well, and perhaps cancels it. */
    private End live(Duraflow duraflow, int cancelAt) throws Exception {
      if (random.nextInt(3) == 0) {
        return liveInCaller(duraflow, cancelAt);
      }
      Run run = duraflow.start(dag);
      drive(() -> run.state() == RunState.RUNNING, step -> {
        if (step == cancelAt) {
          run.cancel();
        }
      });
      return new End(
          run.state(),
          run.failures().size(),
          run.state() == RunState.SUCCEEDED ? run.get(sum) : null);
    }

    private End liveInCaller(Duraflow duraflow, int cancelAt) throws Exception {
      AtomicBoolean cancelled = new AtomicBoolean();
      FutureTask<End> call = new FutureTask<>(() -> {
        End end;
        try {
          end = new End(RunState.SUCCEEDED, 0, duraflow.run(dag).get(sum));
        } catch (RunFailedException e) {
          end = new End(RunState.FAILED, e.failures().size(), null);
        } catch (RunCancelledException e) {
          end = new End(RunState.CANCELLED, -1, null);
        }
        if (Thread.interrupted() && !cancelled.get()) {
          leftInterrupted.incrementAndGet();
        }
        return end;
      });
      Thread caller = new Thread(call, "caller");
      caller.start();
      drive(caller::isAlive, step -> {
        if (step == cancelAt) {
          cancelled.set(true);
          caller.interrupt();
        }
      });
      return call.get();
    }

    private void releaseBeside(int spins) {
      helper.execute(() -> {
        for (int i = 0; i < spins; i++) {
          Thread.onSpinWait();
        }
        release();
      });
    }

    private synchronized void release() {
      CountDownLatch before = stubborn;
      stubborn = new CountDownLatch(1);
      before.countDown();
    }

    void run() throws Exception {
      int cancelAt = random.nextInt(3) == 0 ? random.nextInt(30) : -1;
      Duraflow.Builder builder = builder();
      if (random.nextInt(4) == 0) {
        builder.runTimeout(Duration.ofMillis(1 + random.nextInt(5_000)));
      }
      Duraflow duraflow = builder.build();
      End end = live(duraflow, cancelAt);
      badTimes = false;
      release();
      checkStory(end);
      boolean leftBehind = !ids(RunEvent.TaskAbandoned.class).isEmpty();
      checkPermits(duraflow);

      Set<String> finished = new HashSet<>(ids(RunEvent.TaskSucceeded.class));
      for (int life = 1; ; life++) { // a quick body may be struck by time that flies
        events.clear();
        calls.clear();
        End again = live(builder().build(), -1);
        checkStory(again);
        leftBehind |= !ids(RunEvent.TaskAbandoned.class).isEmpty();
        if (stored) {
          assertThat(calls).as(as).noneMatch(finished::contains);
          finished.addAll(ids(RunEvent.TaskSucceeded.class));
        }
        if (again.state() == RunState.SUCCEEDED) {
          assertThat(again.output()).as(as).isEqualTo(expected);
          break;
        }
        assertThat(life).as(as).isLessThan(100);
      }
      if (observed && !leftBehind) { // who is left behind is inside without a permit
        assertThat(most.get()).as("%s: at once", as).isBetween(0, 2);
      }
      store.close();
    }

    private List<String> ids(Class<? extends RunEvent> kind) {
      return events.stream()
          .filter(kind::isInstance)
          .map(FlowStressTest::taskId)
          .toList();
    }

    private void checkStory(End run) {
      if (!observed) {
        return;
      }
      List<RunEvent> all = List.copyOf(events);
      assertThat(all.get(all.size() - 1))
          .as(as)
          .isInstanceOfSatisfying(
              RunEvent.RunFinished.class,
              end -> assertThat(end.state()).as(as).isEqualTo(run.state()));
      assertThat(all).as(as).filteredOn(RunEvent.RunFinished.class::isInstance).hasSize(1);
      Map<String, List<RunEvent>> byTask = all.stream()
          .filter(event -> !taskId(event).isEmpty())
          .collect(Collectors.groupingBy(FlowStressTest::taskId));
      boolean whole = run.state() == RunState.SUCCEEDED
          || (run.state() == RunState.FAILED && policy == FailurePolicy.KEEP_GOING);
      byTask.values().forEach(story -> checkStory(story, whole));
      if (whole) {
        for (Task<?> task : dag.tasks()) {
          assertThat(byTask).as(as).containsKey(task.id());
        }
      }
      if (run.failures() >= 0) {
        assertThat(ids(RunEvent.TaskFailed.class)).as(as).hasSize(run.failures());
      }
    }

    /** Of one task: each attempt has begun before it ends, and there is one end and nothing after it. */
    private void checkStory(List<RunEvent> story, boolean whole) {
      int open = 0;
      int ends = 0;
      for (RunEvent event : story) {
        assertThat(ends).as("%s: %s", as, story).isZero();
        if (event instanceof RunEvent.TaskStarted) {
          open++;
        } else if (event instanceof RunEvent.AttemptFailed) {
          open--;
        } else if (!(event instanceof RunEvent.TaskAbandoned)) {
          ends++;
          boolean ran =
              event instanceof RunEvent.TaskSucceeded || event instanceof RunEvent.TaskFailed;
          // A map or an expansion that began is skipped if something within has failed.
          assertThat(open)
              .as("%s: %s", as, story)
              .isBetween(ran ? 1 : 0, event instanceof RunEvent.TaskReused ? 0 : 1);
        }
        assertThat(open).as("%s: %s", as, story).isBetween(0, 1);
      }
      assertThat(ends).as("%s: %s", as, story).isBetween(whole ? 1 : 0, 1);
    }

    /** Two can be inside at once, so none of the two permits is lost. */
    private void checkPermits(Duraflow duraflow) throws Exception {
      CyclicBarrier both = new CyclicBarrier(2);
      Dag probe = Dag.named("probe");
      probe.task("probe", () -> both.await(20, TimeUnit.SECONDS)).limit(limit);
      Run one = duraflow.start(probe, "probe-1");
      Run other = duraflow.start(probe, "probe-2");
      assertThat(one.await(Duration.ofSeconds(30)) && other.await(Duration.ofSeconds(30)))
          .as(as)
          .isTrue();
      assertThat(List.of(one.state(), other.state())).as(as).containsOnly(RunState.SUCCEEDED);
      events.removeIf(event -> event.runId().startsWith("probe"));
    }
  }

  private static String taskId(RunEvent event) {
    if (event instanceof RunEvent.TaskStarted it) {
      return it.taskId();
    } else if (event instanceof RunEvent.TaskSucceeded it) {
      return it.taskId();
    } else if (event instanceof RunEvent.TaskReused it) {
      return it.taskId();
    } else if (event instanceof RunEvent.AttemptFailed it) {
      return it.taskId();
    } else if (event instanceof RunEvent.TaskAbandoned it) {
      return it.taskId();
    } else if (event instanceof RunEvent.TaskFailed it) {
      return it.taskId();
    } else if (event instanceof RunEvent.TaskSkipped it) {
      return it.taskId();
    }
    return "";
  }

  private static String stacks() {
    StringBuilder all = new StringBuilder();
    Thread.getAllStackTraces()
        .forEach((thread, stack) -> all.append("\n" + thread + " " + List.of(stack)));
    return all.toString();
  }

  @Test
  void whateverComesAtOnce_everyRunEndsOnce_losesNoPermit_andIsResumed() throws Exception {
    Long given = Long.getLong("duraflow.seed");
    long seed = given != null ? given : System.nanoTime();
    for (int round = 0; round < (given != null ? 1 : ROUNDS); round++) {
      new Round(seed + round).run();
    }
    pool.shutdown();
    assertThat(pool.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    assertThat(leftInterrupted).hasValue(0);
  }
}
