package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.dag.Body0;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FailureTest {
  private static final Logger LOG = Logger.getLogger("dev.duraflow");

  @BeforeAll
  static void silence() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    LOG.setLevel(null);
  }

  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  private static Duraflow with(FailurePolicy policy, int maxConcurrency) {
    return Duraflow.builder()
        .failurePolicy(policy)
        .maxConcurrency(maxConcurrency)
        .build();
  }

  private static int deep(int n) {
    return n == -1 ? 0 : deep(n + 1) + 1;
  }

  static List<Body0<Integer>> bodiesThatThrow() {
    return List.of(
        () -> {
          throw new IllegalStateException("runtime");
        },
        () -> {
          throw new IOException("checked");
        },
        () -> {
          throw new AssertionError("error");
        },
        () -> {
          throw new OutOfMemoryError("just said so");
        },
        () -> deep(0),
        () -> {
          throw new RunCancelledException("another", 1, 2);
        });
  }

  @ParameterizedTest
  @MethodSource("bodiesThatThrow")
  void whateverABodyThrows_isTheCauseOfTheTasksFailure(Body0<Integer> body) {
    for (FailurePolicy policy : FailurePolicy.values()) {
      for (Store store : Arrays.asList(null, Store.inMemory(), AsyncStore.inMemory())) {
        Duraflow.Builder builder = Duraflow.builder().failurePolicy(policy);
        if (store != null) {
          builder.store(store);
        }
        Dag dag = Dag.named("throws");
        Task<Integer> before = dag.task("before", () -> 1);
        Task<Integer> bad = dag.task("bad", before, n -> body.call());
        Task<Integer> after = dag.task("after", bad, n -> n);
        RunFailedException failed =
            catchThrowableOfType(RunFailedException.class, () -> builder.build().run(dag));
        assertThat(failed.failures()).hasSize(1);
        TaskFailure failure = failed.failures().get(0);
        assertThat(failure.taskId()).isEqualTo("bad");
        assertThat(failure.cause())
            .isSameAs(failed.getCause())
            .isNotInstanceOf(RunFailedException.class);
        assertThat(failed.runId()).isEqualTo("throws");
        assertThat(failed).hasMessageStartingWith("run 'throws': task 'bad' failed: ");
        assertThat(after.id()).isEqualTo("after");
      }
    }
  }

  @Test
  void interruptedExceptionByItself_onAHelper_isAFailureLikeAnother() throws Exception {
    Dag dag = Dag.named("interrupted");
    dag.task("bad", () -> {
      if (true) {
        throw new InterruptedException("by itself");
      }
      return 1;
    });
    Run run = Duraflow.withoutStore().start(dag);
    assertThatThrownBy(run::await)
        .isInstanceOf(RunFailedException.class)
        .hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  void interruptedExceptionByItself_onTheCaller_isTakenForItsInterrupt() {
    Dag dag = Dag.named("interrupted");
    dag.task("bad", () -> {
      if (true) {
        throw new InterruptedException("by itself");
      }
      return 1;
    });
    assertThatThrownBy(() -> with(FailurePolicy.FAIL_FAST, 1).run(dag))
        .isInstanceOf(RunCancelledException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void failFast_startsNothingNew_interruptsWhatRuns_andReportsAllFailures() throws Exception {
    CyclicBarrier in = new CyclicBarrier(4);
    CountDownLatch never = new CountDownLatch(1);
    Queue<String> calls = new ConcurrentLinkedQueue<>();
    Dag dag = Dag.named("fast");
    dag.task("first", () -> {
      in.await();
      if (true) {
        throw new IllegalStateException("first");
      }
      return 1;
    });
    dag.task("stubborn", () -> {
      in.await();
      try {
        never.await();
      } catch (InterruptedException e) {
        throw new IllegalArgumentException("second");
      }
      return 1;
    });
    Task<Integer> obedient = dag.task("obedient", () -> {
      in.await();
      never.await();
      return 1;
    });
    Task<Integer> finishing = dag.task("finishing", () -> {
      in.await();
      try {
        never.await();
      } catch (InterruptedException e) {
        calls.add("finishing was interrupted");
      }
      return 5;
    });
    dag.task("next", finishing, n -> {
      calls.add("next");
      return n;
    });
    Run run = with(FailurePolicy.FAIL_FAST, 4).start(dag);
    RunFailedException failed = catchThrowableOfType(RunFailedException.class, run::await);
    assertThat(failed.failures())
        .extracting(TaskFailure::taskId)
        .containsExactlyInAnyOrder("first", "stubborn");
    assertThat(failed.failures()).extracting(TaskFailure::taskId).startsWith("first");
    assertThat(failed).hasMessageContaining("2 tasks failed").hasMessageContaining("second");
    assertThat(failed.getSuppressed()).hasSize(1);
    assertThat(calls).containsExactly("finishing was interrupted");
    assertThat(run.get(finishing)).isEqualTo(5);
    assertThatThrownBy(() -> run.get(obedient)).hasMessageContaining("it has not finished");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 64})
  void keepGoing_finishesAllThatDoesNotDependOnAFailure(int maxConcurrency) throws Exception {
    Map<String, String> skipped = new ConcurrentHashMap<>();
    Dag dag = Dag.named("on");
    Task<Integer> good = dag.task("good", () -> 1);
    Task<Integer> bad = dag.task("bad", good, n -> {
      if (true) {
        throw new IllegalStateException("bad");
      }
      return n;
    });
    Task<Integer> worse = dag.task("worse", good, n -> {
      if (true) {
        throw new IOException("worse");
      }
      return n;
    });
    Task<Integer> skippedOnce = dag.task("skipped once", good, bad, Integer::sum);
    Task<Integer> skippedTwice = dag.task("skipped twice", skippedOnce, n -> n);
    Task<Integer> skippedBoth = dag.task("skipped both", worse, skippedTwice, Integer::sum);
    Task<List<Integer>> list =
        dag.gather("list", List.of(good, worse), (List<Integer> l) -> l).returns(INTEGERS);
    Task<List<Integer>> map = dag.map("map", list, String::valueOf, n -> n);
    Task<Integer> other = dag.task("other", good, n -> n + 1);
    Task<Integer> sum = dag.task("sum", good, other, Integer::sum);
    Run run = Duraflow.builder()
        .failurePolicy(FailurePolicy.KEEP_GOING)
        .maxConcurrency(maxConcurrency)
        .listener(event -> {
          if (event instanceof RunEvent.TaskSkipped skip) {
            assertThat(skipped.put(skip.taskId(), skip.rootCause())).isNull();
          }
        })
        .build()
        .start(dag);
    RunFailedException failed = catchThrowableOfType(RunFailedException.class, run::await);
    assertThat(failed.failures())
        .extracting(TaskFailure::taskId)
        .containsExactlyInAnyOrder("bad", "worse");
    assertThat(run.get(sum)).isEqualTo(3);
    assertThat(run.completed()).isEqualTo(3);
    assertThat(run.total()).isEqualTo(10);
    assertThat(skipped)
        .isEqualTo(Map.of(
            "skipped once", "bad",
            "skipped twice", "bad",
            "skipped both", "worse",
            "list", "worse",
            "map", "worse"));
    assertThatThrownBy(() -> run.get(skippedBoth))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("it was skipped because task 'worse' failed");
    assertThatThrownBy(() -> run.get(bad)).hasMessageContaining("it failed");
    assertThatThrownBy(() -> run.get(map)).hasMessageContaining("skipped because task 'worse'");
    assertThat(run.find("map", INTEGERS)).isEmpty();
  }

  @Test
  void keepGoing_inMaps_runsTheOtherElements_andNamesTheFirstElementThatFailed() {
    for (Store store : List.of(Store.inMemory(), AsyncStore.inMemory())) {
      AtomicInteger bodies = new AtomicInteger();
      Dag dag = Dag.named("map");
      Task<List<Integer>> list =
          dag.task("list", () -> List.of(1, 2, 3, 4, 5, 6)).returns(INTEGERS);
      Task<List<Integer>> map = dag.map("map", list, String::valueOf, n -> {
        bodies.incrementAndGet();
        if (n % 3 == 0) {
          throw new IllegalStateException("element " + n);
        }
        return n * 10;
      });
      Task<Integer> size = dag.task("size", map, List::size);
      Map<String, String> skipped = new ConcurrentHashMap<>();
      RunFailedException failed = catchThrowableOfType(
          RunFailedException.class,
          () -> Duraflow.builder()
              .store(store)
              .failurePolicy(FailurePolicy.KEEP_GOING)
              .listener(event -> {
                if (event instanceof RunEvent.TaskSkipped skip) {
                  skipped.put(skip.taskId(), skip.rootCause());
                }
              })
              .build()
              .run(dag));
      assertThat(failed.failures())
          .extracting(TaskFailure::taskId)
          .containsExactlyInAnyOrder("map[3]", "map[6]");
      assertThat(bodies.get()).isEqualTo(6);
      assertThat(skipped).isEqualTo(Map.of("map", "map[3]", "size", "map[3]"));
      assertThat(size.id()).isEqualTo("size");
    }
  }

  @Test
  void manyFailures_areAllInTheExceptionAndThreeInItsMessage() {
    Dag dag = Dag.named("many");
    for (int i = 0; i < 1_000; i++) {
      int n = i;
      dag.task("task" + i, () -> {
        if (n >= 0) {
          throw new IllegalStateException("failure " + n);
        }
        return n;
      });
    }
    RunFailedException failed = catchThrowableOfType(
        RunFailedException.class, () -> with(FailurePolicy.KEEP_GOING, 8).run(dag));
    assertThat(failed.failures()).hasSize(1_000);
    assertThat(failed.failures().stream().map(TaskFailure::taskId).distinct()).hasSize(1_000);
    assertThat(failed)
        .hasMessageContaining("1000 tasks failed")
        .hasMessageContaining("and 997 more");
  }

  @Test
  void oneExceptionThrownByManyTasks_isReportedForEach() {
    IllegalStateException same = new IllegalStateException("same");
    Dag dag = Dag.named("same");
    for (int i = 0; i < 10; i++) {
      dag.task("task" + i, () -> {
        if (true) {
          throw same;
        }
        return 1;
      });
    }
    RunFailedException failed = catchThrowableOfType(
        RunFailedException.class, () -> with(FailurePolicy.KEEP_GOING, 2).run(dag));
    assertThat(failed.failures()).hasSize(10);
    assertThat(failed.getCause()).isSameAs(same);
  }

  @Test
  void inputThatIsNoDependency_isRefused() {
    Dag dag = Dag.named("undeclared");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", () -> 2);
    dag.task("c", List.of(a), in -> in.get(b));
    assertThatThrownBy(() -> Duraflow.withoutStore().run(dag))
        .hasCauseInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(
            "task 'b' of DAG 'undeclared' is not a declared dependency of task 'c'");
  }

  @Test
  void mapsWithBadKeys_failWithTheFix() {
    Dag same = Dag.named("same");
    Task<List<Integer>> list = same.task("list", () -> List.of(1, 2, 11)).returns(INTEGERS);
    same.map("map", list, n -> "k" + n % 10, n -> n);
    Dag none = Dag.named("none");
    Task<List<Integer>> list2 = none.task("list", () -> List.of(1)).returns(INTEGERS);
    none.map("map", list2, n -> null, n -> n);
    Dag empty = Dag.named("empty");
    Task<List<Integer>> list3 = empty.task("list", () -> (List<Integer>) null).returns(INTEGERS);
    empty.map("map", list3, String::valueOf, n -> n);
    Dag throwing = Dag.named("throwing");
    Task<List<Integer>> list4 = throwing.task("list", () -> List.of(0)).returns(INTEGERS);
    throwing.map("map", list4, n -> "" + 1 / n, n -> n);
    for (Dag dag : List.of(same, none, empty, throwing)) {
      RunFailedException failed = catchThrowableOfType(
          RunFailedException.class, () -> Duraflow.withoutStore().run(dag));
      assertThat(failed.failures()).extracting(TaskFailure::taskId).containsExactly("map");
      if (dag != throwing) {
        assertThat(failed.getCause()).isInstanceOf(InvalidDagException.class);
      }
    }
  }

  /** Strikes at the n-th look at it and ever after. */
  private static final class BrokenClock extends Clock {
    private final AtomicInteger looks;

    BrokenClock(int good) {
      looks = new AtomicInteger(good);
    }

    @Override
    public Instant instant() {
      if (looks.getAndDecrement() <= 0) {
        throw new IllegalStateException("the clock is broken");
      }
      return Instant.EPOCH;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void brokenClock_endsTheRunAndFreesIt_whereverItBreaks() {
    Dag dag = Dag.named("clock");
    List<Task<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      tasks.add(dag.task("task" + i, () -> 1));
    }
    dag.gather("sum", tasks, List::size);
    dag.map(
        "map",
        dag.task("range", () -> List.of(1, 2, 3)).returns(INTEGERS),
        String::valueOf,
        n -> n);
    for (FailurePolicy policy : FailurePolicy.values()) {
      for (boolean async : new boolean[] {false, true}) {
        for (int n = 0; n < 60; n++) {
          Store inner = Store.inMemory();
          Store store = async ? new AsyncStore(inner, AsyncStore.Mode.IN_ORDER, 0) : inner;
          Duraflow duraflow = Duraflow.builder()
              .store(store)
              .failurePolicy(policy)
              .clock(new BrokenClock(n))
              .listener(event -> {})
              .maxConcurrency(2)
              .build();
          try {
            duraflow.run(dag);
          } catch (RunFailedException e) {
            assertThat(e.failures()).isNotEmpty();
          } catch (IllegalStateException e) {
            assertThat(e).hasMessage("the clock is broken");
          } catch (StoreException e) {
            assertThat(e).hasMessageContaining("history").hasMessageContaining("clock is broken");
          }
          Run again = Duraflow.builder().store(store).build().run(dag);
          assertThat(again.state()).isEqualTo(RunState.SUCCEEDED);
          store.close();
        }
      }
    }
  }

  @Test
  void runThatIsFailing_canBeRunAgain() {
    Store store = Store.inMemory();
    AtomicInteger tries = new AtomicInteger();
    Dag dag = Dag.named("again");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, n -> {
      if (tries.incrementAndGet() < 3) {
        throw new IllegalStateException("try " + tries);
      }
      return n + tries.get();
    });
    Duraflow duraflow = Duraflow.builder().store(store).build();
    assertThatThrownBy(() -> duraflow.run(dag)).isInstanceOf(DuraflowException.class);
    assertThatThrownBy(() -> duraflow.run(dag)).isInstanceOf(DuraflowException.class);
    assertThat(duraflow.run(dag).get(b)).isEqualTo(4);
  }
}
