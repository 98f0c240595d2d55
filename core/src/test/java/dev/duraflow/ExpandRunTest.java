package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Outcome;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.error.TaskTimeoutException;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks that are DAGs of their own, declared when their input is there. */
final class ExpandRunTest {
  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  private final Queue<String> calls = new ConcurrentLinkedQueue<>();

  private <T> T called(String id, T value) {
    calls.add(id);
    assertThat(TaskContext.current().taskId()).isEqualTo(id);
    return value;
  }

  private static Duraflow.Builder on(Store store) {
    return store == null ? Duraflow.builder() : Duraflow.builder().store(store);
  }

  private static Store[] stores() {
    return new Store[] {null, Store.inMemory(), AsyncStore.inMemory()};
  }

  private static Run awaited(Run run) throws InterruptedException {
    assertThat(run.await(Duration.ofMinutes(1))).isTrue();
    return run;
  }

  private static int refuse(AtomicInteger calls) {
    throw new IllegalStateException("call " + calls.incrementAndGet());
  }

  private static <T> Task<T> failing(Dag dag, String id, Class<T> type) {
    return dag.<T>task(id, () -> {
          throw new IllegalStateException("broken");
        })
        .returns(type);
  }

  // ---- what it is good for

  private Task<String> condition(Dag dag, Task<Integer> number) {
    return dag.expand(
            "branch",
            number,
            (sub, n) -> n % 2 == 0
                ? sub.task("even", () -> called("branch/even", n + " is even"))
                : sub.task("odd", () -> called("branch/odd", n + " is odd")))
        .returns(String.class);
  }

  @Test
  void condition_runsOneBranch() {
    for (Store store : stores()) {
      for (int n = 0; n < 2; n++) {
        int value = n;
        Dag dag = Dag.named("condition" + n);
        Task<String> branch = condition(dag, dag.task("number", () -> value));
        Task<Integer> length = dag.task("length", branch, String::length);
        calls.clear();
        Run run = on(store).build().run(dag);
        assertThat(run.get(branch)).isEqualTo(n == 0 ? "0 is even" : "1 is odd");
        assertThat(run.get(length)).isEqualTo(run.get(branch).length());
        assertThat(calls).containsExactly(n == 0 ? "branch/even" : "branch/odd");
        assertThat(run.completed()).isEqualTo(run.total()).isEqualTo(4);
      }
    }
  }

  /** Newton's way to a square root: one more step until it does not change. */
  private Task<Double> root(Dag dag, Task<Double> guess, double of) {
    return dag.expand("step", guess, (sub, x) -> {
          String id = sub.name() + "/next";
          Task<Double> next = sub.task("next", () -> called(id, (x + of / x) / 2));
          return Math.abs(x * x - of) < 1e-9 ? next : root(sub, next, of);
        })
        .returns(Double.class);
  }

  @Test
  void loop_endsWhenItsValueConverges_andIsNotRunAgain() {
    for (Store store : stores()) {
      Dag dag = Dag.named("loop");
      Task<Double> root = root(dag, dag.task("first", () -> 1.0), 2);
      calls.clear();
      Run run = on(store).build().run(dag);
      assertThat(run.get(root)).isCloseTo(Math.sqrt(2), within(1e-9));
      assertThat(calls).contains("step/next", "step/step/next", "step/step/step/next");
      assertThat(calls).doesNotHaveDuplicates();
      if (store != null) {
        int steps = calls.size();
        assertThat(run.find("step/step/next", Double.class)).isPresent();
        assertThat(on(store).build().run(dag).get(root)).isEqualTo(run.get(root));
        assertThat(calls).hasSize(steps);
      }
    }
  }

  @Test
  void mapsAndGraphsWithin_andDependentsOutside() {
    for (Store store : stores()) {
      Dag dag = Dag.named("nested");
      Task<List<Integer>> numbers = dag.task("numbers", () -> List.of(1, 2, 3)).returns(INTEGERS);
      Task<List<Integer>> squares = dag.expand("train", numbers, (sub, list) -> {
            Task<List<Integer>> all = sub.task("all", () -> list).returns(INTEGERS);
            Task<Integer> one = sub.task("one", all, List::size);
            return sub.map(
                "delay",
                all,
                one,
                String::valueOf,
                (n, size) -> called("train/delay[" + n + "]", n * n + size));
          })
          .returns(INTEGERS);
      Task<Integer> sum =
          dag.task("sum", squares, l -> l.stream().mapToInt(n -> n).sum());
      calls.clear();
      Run run = on(store).build().run(dag);
      assertThat(run.get(squares)).containsExactly(4, 7, 12);
      assertThat(run.get(sum)).isEqualTo(23);
      assertThat(run.completed()).isEqualTo(run.total()).isEqualTo(9);
      assertThat(calls)
          .containsExactlyInAnyOrder("train/delay[1]", "train/delay[2]", "train/delay[3]");
      if (store != null) {
        assertThat(run.find("train/delay[2]", Integer.class)).contains(7);
        Run again = on(store).build().run(dag);
        assertThat(again.get(squares)).containsExactly(4, 7, 12);
        assertThat(again.reused()).isEqualTo(again.total()).isEqualTo(3);
        assertThat(calls).hasSize(3);
      }
    }
  }

  @Test
  void nullOutput_andManyExpansionsAtOnce() {
    for (Store store : stores()) {
      Dag dag = Dag.named("many");
      List<Task<Integer>> tasks = new ArrayList<>();
      for (int i = 0; i < 2_000; i++) {
        Task<Integer> number = dag.task("n" + i, List.of(), in -> 3).returns(Integer.class);
        tasks.add(dag.expand("e" + i, number, (sub, n) -> {
              List<Task<Integer>> parts = new ArrayList<>();
              for (int p = 0; p < n; p++) {
                int part = p;
                parts.add(sub.task("p" + p, () -> part));
              }
              return sub.gather("sum", parts, l -> l.stream().mapToInt(x -> x).sum());
            })
            .returns(Integer.class));
      }
      Task<Integer> all =
          dag.gather("all", tasks, l -> l.stream().mapToInt(x -> x).sum());
      Task<String> none = dag.expand(
              "none", all, (sub, n) -> sub.<String>task("null", () -> null).returns(String.class))
          .returns(String.class);
      Run run = on(store).build().run(dag);
      assertThat(run.get(all)).isEqualTo(6_000);
      assertThat(run.get(none)).isNull();
      assertThat(run.completed()).isEqualTo(run.total()).isEqualTo(2_000 * 6 + 3);
    }
  }

  // ---- depth

  private static Task<Integer> countdown(Dag dag, Task<Integer> from) {
    return dag.expand("d", from, (sub, n) -> {
          Task<Integer> next = sub.task("n", () -> n - 1);
          return n == 1 ? next : countdown(sub, next);
        })
        .returns(Integer.class);
  }

  @Test
  void recursion_of500Levels() {
    for (Store store : stores()) {
      Dag dag = Dag.named("deep");
      Task<Integer> end = countdown(dag, dag.task("start", () -> 500));
      Run run = on(store).maxConcurrency(1).build().run(dag);
      assertThat(run.get(end)).isZero();
      assertThat(run.completed()).isEqualTo(run.total()).isEqualTo(1_001);
    }
  }

  @Test
  void recursion_of500Levels_onAStoreThatIsDoneAtOnceAndDoesNotSay() {
    Store store = new StoreAround(Store.inMemory(), (run, record) -> {
      run.save(record).toCompletableFuture().join();
      return CompletableFuture.<Void>completedFuture(null).minimalCompletionStage();
    });
    Dag dag = Dag.named("deep");
    Task<Integer> end = countdown(dag, dag.task("start", () -> 500));
    Run run = on(store).build().run(dag);
    assertThat(run.get(end)).isZero();
  }

  @Test
  void recursion_beyondTheLimit_saysSo() {
    for (Store store : stores()) {
      Dag dag = Dag.named("deep");
      countdown(dag, dag.task("start", () -> 501));
      assertThatThrownBy(() -> on(store).build().run(dag))
          .isInstanceOf(RunFailedException.class)
          .satisfies(e -> assertThat(((RunFailedException) e).failures())
              .singleElement()
              .satisfies(failure -> {
                assertThat(failure.taskId()).isEqualTo("d/".repeat(500) + "d");
                assertThat(failure.cause())
                    .isInstanceOf(InvalidDagException.class)
                    .hasMessageContaining("expansion 'd/d/")
                    .hasMessageContaining("500");
              }));
    }
  }

  @Test
  void failureDeepInside_isHandledOutside() {
    for (Store store : stores()) {
      Dag dag = Dag.named("deep");
      Task<Outcome<Integer>> end = countdown(dag, dag.task("start", () -> 501)).outcome();
      Run run = on(store).build().run(dag);
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.get(end).failure().taskId()).isEqualTo("d/".repeat(500) + "d");
      assertThat(run.get(end).failure().type()).isEqualTo(InvalidDagException.class.getName());
    }
  }

  // ---- failures

  private static void assertFailure(Dag dag, String taskId, Class<?> type, String message) {
    for (Store store : stores()) {
      assertThatThrownBy(() -> on(store).build().run(dag))
          .isInstanceOf(RunFailedException.class)
          .satisfies(e -> assertThat(((RunFailedException) e).failures())
              .singleElement()
              .satisfies(failure -> {
                assertThat(failure.taskId()).isEqualTo(taskId);
                assertThat(failure.cause()).isInstanceOf(type).hasMessageContaining(message);
              }));
    }
  }

  @Test
  void bodyThatReturnsNoTaskOfItsOwn() {
    Dag none = Dag.named("null");
    Task<Integer> one = none.task("one", () -> 1);
    none.expand("train", one, (sub, n) -> (Task<Integer>) null).returns(Integer.class);
    assertFailure(none, "train", InvalidDagException.class, "returned null");

    Dag outer = Dag.named("outer");
    Task<Integer> two = outer.task("two", () -> 2);
    outer.expand("train", two, (sub, n) -> two).returns(Integer.class);
    assertFailure(outer, "train", InvalidDagException.class, "return a task that it declared");
  }

  @Test
  void outputTypeWithin_thatCannotBeRead_failsTheExpansion() {
    Dag dag = Dag.named("types");
    Task<Integer> one = dag.task("one", () -> 1);
    AtomicInteger ran = new AtomicInteger();
    dag.expand("train", one, (sub, n) -> {
          sub.task("fine", () -> ran.incrementAndGet());
          return sub.task("raw", () -> List.of(n));
        })
        .returns(INTEGERS);
    assertThat(Duraflow.withoutStore().run(dag).total()).isEqualTo(4);
    ran.set(0);
    assertThatThrownBy(() -> on(Store.inMemory()).build().run(dag))
        .hasMessageContaining("train/raw")
        .hasMessageContaining(".returns(");
    assertThat(ran).hasValue(0);
  }

  @Test
  void recordWithin_ofAnotherType_failsTheExpansionBeforeAnythingInItRuns() {
    Store store = Store.inMemory();
    AtomicBoolean asText = new AtomicBoolean();
    AtomicInteger ran = new AtomicInteger();
    Dag dag = Dag.named("types");
    Task<Integer> one = dag.task("one", () -> 1);
    dag.expand("train", one, (sub, n) -> {
          Task<?> number =
              asText.get() ? sub.task("number", () -> "text") : sub.task("number", () -> 1);
          return sub.task("end", number, ignored -> refuse(ran));
        })
        .returns(Integer.class);
    Duraflow duraflow = on(store).build();
    assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("train/end");
    asText.set(true);
    assertThatThrownBy(() -> duraflow.run(dag))
        .satisfies(e -> assertThat(((RunFailedException) e).failures())
            .singleElement()
            .satisfies(failure -> {
              assertThat(failure.taskId()).isEqualTo("train");
              assertThat(failure.cause()).isInstanceOf(TypeMismatchException.class);
            }));
    assertThat(ran).hasValue(1);
  }

  @Test
  void failureWithin_blocksTheExpansion_withItsPath() throws Exception {
    for (Store store : stores()) {
      for (FailurePolicy policy : FailurePolicy.values()) {
        Queue<String> skipped = new ConcurrentLinkedQueue<>();
        Dag dag = Dag.named("failing");
        Task<Integer> one = dag.task("one", () -> 1);
        Task<Integer> train = dag.expand("train", one, (sub, n) -> {
              Task<Integer> broken = failing(sub, "epoch-3", Integer.class);
              return sub.task("end", broken, x -> called("train/end", x));
            })
            .returns(Integer.class);
        Task<Integer> behind = dag.task("behind", train, n -> called("behind", n));
        Run run = awaited(on(store)
            .failurePolicy(policy)
            .listener(event -> {
              if (event instanceof RunEvent.TaskSkipped skip) {
                skipped.add(skip.taskId() + " for " + skip.rootCause());
              }
            })
            .build()
            .start(dag));
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.failures()).extracting(TaskFailure::taskId).containsExactly("train/epoch-3");
        assertThat(calls).isEmpty();
        if (policy == FailurePolicy.KEEP_GOING) {
          assertThat(skipped)
              .containsExactly(
                  "train/end for train/epoch-3",
                  "train for train/epoch-3",
                  "behind for train/epoch-3");
          assertThatThrownBy(() -> run.get(behind))
              .hasMessageContaining("skipped because task 'train/epoch-3' failed");
        }
      }
    }
  }

  @Test
  void failureBesideTheOutput_blocksTheExpansion_unlessItIsHandled() throws Exception {
    for (Store store : stores()) {
      Dag dag = Dag.named("beside");
      Task<Integer> one = dag.task("one", () -> 1);
      Task<Integer> fine = dag.expand("fine", one, (sub, n) -> {
            failing(sub, "tried", Integer.class).outcome();
            return sub.task("end", () -> 5);
          })
          .returns(Integer.class);
      Task<Integer> bad = dag.expand("bad", one, (sub, n) -> {
            failing(sub, "tried", Integer.class);
            return sub.task("end", () -> 5);
          })
          .returns(Integer.class);
      Run run =
          awaited(on(store).failurePolicy(FailurePolicy.KEEP_GOING).build().start(dag));
      assertThat(run.get(fine)).isEqualTo(5);
      assertThat(run.failures()).extracting(TaskFailure::taskId).containsExactly("bad/tried");
      assertThatThrownBy(() -> run.get(bad)).hasMessageContaining("bad/tried");
    }
  }

  @Test
  void outputThatFailed_isNeeded_evenIfItsOutcomeIsTakenWithin() throws Exception {
    for (Store store : stores()) {
      Dag dag = Dag.named("output");
      Task<Integer> one = dag.task("one", () -> 1);
      dag.expand("train", one, (sub, n) -> {
            Task<Integer> broken = failing(sub, "broken", Integer.class);
            broken.outcome();
            return broken;
          })
          .returns(Integer.class);
      Run run =
          awaited(on(store).failurePolicy(FailurePolicy.KEEP_GOING).build().start(dag));
      assertThat(run.state()).isEqualTo(RunState.FAILED);
      assertThat(run.failures()).extracting(TaskFailure::taskId).containsExactly("train/broken");
    }
  }

  @Test
  void retriesOfTheExpansion_areThoseOfTheCallThatDeclares() {
    for (Store store : stores()) {
      AtomicInteger attempts = new AtomicInteger();
      Dag dag = Dag.named("retried");
      Task<Integer> train = dag.expand("train", dag.task("one", () -> 1), (sub, n) -> {
            if (attempts.incrementAndGet() < 3) {
              throw new IOException("again");
            }
            return sub.task("end", () -> 5);
          })
          .returns(Integer.class)
          .retry(Retry.times(3));
      assertThat(on(store).build().run(dag).get(train)).isEqualTo(5);
      assertThat(attempts).hasValue(3);
    }
  }

  @Test
  void retryOfTheDag_holdsForTheTasksWithin() {
    AtomicInteger attempts = new AtomicInteger();
    Dag dag = Dag.named("retried").retry(Retry.times(4));
    Task<Integer> train = dag.expand(
            "train",
            dag.task("one", () -> 1),
            (sub, n) -> sub.retry(Retry.times(2))
                .expand(
                    "inner",
                    sub.task("two", () -> 2),
                    (inner, two) -> inner
                        .<Integer>task("end", () -> {
                          attempts.incrementAndGet();
                          throw new IOException("again");
                        })
                        .returns(Integer.class))
                .returns(Integer.class))
        .returns(Integer.class)
        .orElse(3);
    assertThat(Duraflow.withoutStore().run(dag).get(train)).isEqualTo(3);
    assertThat(attempts).hasValue(2);
  }

  @Test
  void cancel_withinADag_isResumedThere() throws Exception {
    Store store = Store.inMemory();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    Dag dag = Dag.named("cancelled");
    Task<Integer> train = dag.expand("train", dag.task("one", () -> 1), (sub, n) -> {
          Task<Integer> first = sub.task("first", () -> called("train/first", 1));
          return sub.task("second", first, x -> {
            begun.countDown();
            free.await();
            return called("train/second", x + 1);
          });
        })
        .returns(Integer.class);
    Run run = on(store).build().start(dag);
    begun.await();
    run.cancel();
    awaited(run);
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThat(calls).containsExactly("train/first");
    free.countDown();
    Run again = on(store).build().run(dag);
    assertThat(again.get(train)).isEqualTo(2);
    assertThat(calls).containsExactly("train/first", "train/second");
    assertThat(again.reused()).isEqualTo(2);
    assertThat(again.completed()).isEqualTo(again.total()).isEqualTo(4);
  }

  @Test
  void stepsOfTheBodyThatDeclares_cannotHaveIdsOfTasksWithin() {
    Dag dag = Dag.named("steps");
    Task<Integer> one = dag.task("one", () -> 1);
    dag.expand("train", one, (sub, n) -> {
          int page = TaskContext.current().step("page", () -> 3);
          return sub.task("page", () -> page);
        })
        .returns(Integer.class);
    assertFailure(dag, "train", InvalidDagException.class, "has a task 'train/page'");

    Dag within = Dag.named("steps within");
    Task<Integer> two = within.task("two", () -> 2);
    within
        .expand("train", two, (sub, n) -> {
          sub.task("a/page", () -> 1);
          return sub.task("a", () -> TaskContext.current().step("page", () -> 3));
        })
        .returns(Integer.class);
    assertFailure(within, "train/a", InvalidDagException.class, "has a task 'train/a/page'");

    Dag fine = Dag.named("fine");
    Task<Integer> three = fine.task("three", () -> 3);
    Task<Integer> sum = fine.expand("train", three, (sub, n) -> {
          int page = TaskContext.current().step("first", () -> 3);
          return sub.task("a", () -> page + (int) TaskContext.current().step("page", () -> n));
        })
        .returns(Integer.class);
    assertThat(on(Store.inMemory()).build().run(fine).get(sum)).isEqualTo(6);
  }

  // ---- crashes

  /** A DAG with all that there is, in a fixed order. */
  private Task<Integer> everything(Dag dag) {
    Task<Integer> one = dag.task("one", () -> called("one", 1));
    Task<Integer> train = dag.expand("train", one, (sub, n) -> {
          Task<List<Integer>> list = sub.task(
                  "list",
                  () -> called("train/list", IntStream.range(0, 4).boxed().toList()))
              .returns(INTEGERS);
          Task<List<Integer>> map =
              sub.map("map", list, String::valueOf, x -> called("train/map[" + x + "]", x + n));
          Task<Integer> tried = sub.<Integer>task("tried", () -> {
                calls.add("train/tried");
                throw new IllegalStateException("broken");
              })
              .returns(Integer.class)
              .orElse(40);
          Task<Integer> inner = sub.expand("inner", tried, (within, t) -> {
                Task<Integer> a = within.task("a", () -> called("train/inner/a", t));
                return within.task("b", a, x -> called("train/inner/b", x + 1));
              })
              .returns(Integer.class);
          return sub.task(
              "sum",
              map,
              inner,
              (m, i) -> called("train/sum", m.stream().mapToInt(x -> x).sum() + i));
        })
        .returns(Integer.class);
    Task<Long> streamed = dag.stream(
            "streamed",
            dag.map(
                "twice",
                dag.task("more", () -> called("more", List.of(1, 2, 3))).returns(INTEGERS),
                String::valueOf,
                x -> called("twice[" + x + "]", 2 * x)),
            s -> called("streamed", s.mapToLong(x -> x).sum()))
        .returns(Long.class);
    return dag.task("end", train, streamed, (t, s) -> called("end", t + (int) (long) s));
  }

  private static final class Crash implements StoreAround.Saving {
    private final int at;
    private final boolean stores;
    private final Set<String> acknowledged = new HashSet<>();
    private int saves;
    private boolean happened;

    Crash(int at, boolean stores) {
      this.at = at;
      this.stores = stores;
    }

    @Override
    public synchronized CompletionStage<Void> save(OpenRun inner, TaskRecord record) {
      saves++;
      if (saves < at || (saves == at && stores)) {
        inner.save(record).toCompletableFuture().join();
      }
      if (saves < at) {
        acknowledged.add(record.taskId());
        return CompletableFuture.completedFuture(null);
      }
      happened = true;
      return StoreAround.failed(new IOException("crash"));
    }
  }

  @Test
  void crashAtEverySave_isResumedInTheMiddle(@TempDir Path directory) {
    for (int kind = 0; kind < 4; kind++) {
      boolean stores = kind % 2 == 1;
      boolean crashed = true;
      for (int n = 1; crashed; n++) {
        Store inner =
            kind < 2 ? Store.inMemory() : Store.journal(directory.resolve(kind + "-" + n));
        Dag dag = Dag.named("everything");
        Task<Integer> end = everything(dag);
        Crash crash = new Crash(n, stores);
        calls.clear();
        try {
          on(new StoreAround(inner, crash)).maxConcurrency(1 + n % 3).build().run(dag);
          assertThat(crash.happened).isFalse();
        } catch (RunFailedException e) {
          assertThat(crash.happened).isTrue();
        }
        crashed = crash.happened;
        calls.clear();
        Run run = on(inner).maxConcurrency(1 + (n + 1) % 3).build().run(dag);
        String as = "save " + n + " of kind " + kind;
        assertThat(run.get(end)).as(as).isEqualTo(0 + 1 + 2 + 3 + 4 + 41 + 12);
        assertThat(run.state()).as(as).isEqualTo(RunState.SUCCEEDED);
        assertThat(calls)
            .as(as)
            .doesNotHaveDuplicates()
            .doesNotContainAnyElementsOf(
                crash.acknowledged.isEmpty() ? Set.of("nothing") : crash.acknowledged);
        if (crash.acknowledged.contains("train/tried.orElse")) {
          assertThat(calls).as(as).doesNotContain("train/tried");
        }
        calls.clear();
        on(inner).build().run(dag);
        assertThat(calls).as(as).isEmpty();
        inner.close();
      }
    }
  }

  /**
   * Under PIPELINED tasks go on from what is not durable yet, so that at a crash a prefix of the records is there: it is resumed from,
   * whatever else had run.
   */
  @Test
  void crashAtEverySave_underPipelined_isResumedFromWhatWasDurable() {
    boolean crashed = true;
    for (int n = 1; crashed; n++) {
      Store inner = Store.inMemory();
      Dag dag = Dag.named("everything");
      Task<Integer> end = everything(dag);
      LateCrash crash = new LateCrash(n);
      calls.clear();
      try {
        on(new StoreAround(inner, crash))
            .durability(Durability.PIPELINED)
            .maxConcurrency(1 + n % 3)
            .build()
            .run(dag);
        assertThat(crash.lost).isEmpty();
      } catch (RunFailedException e) {
        assertThat(crash.lost).isNotEmpty();
      }
      crashed = !crash.lost.isEmpty();
      calls.clear();
      Run run =
          on(inner).durability(Durability.PIPELINED).maxConcurrency(2).build().run(dag);
      String as = "save " + n;
      assertThat(run.get(end)).as(as).isEqualTo(63);
      assertThat(calls).as(as).doesNotHaveDuplicates().noneMatch(crash.durable::contains);
      calls.clear();
      on(inner).build().run(dag);
      assertThat(calls).as(as).isEmpty();
    }
  }

  /** Takes saves, and tells of the first n that they are durable, and of the others only at last that they are not. */
  private static final class LateCrash implements StoreAround.Saving {
    private final int at;
    private final Set<String> durable = new HashSet<>();
    private final Set<String> lost = new HashSet<>();

    LateCrash(int at) {
      this.at = at;
    }

    @Override
    public synchronized CompletionStage<Void> save(OpenRun inner, TaskRecord record) {
      if (durable.size() + lost.size() + 1 < at) {
        inner.save(record).toCompletableFuture().join();
        durable.add(record.taskId());
        return CompletableFuture.completedFuture(null);
      }
      lost.add(record.taskId());
      CompletableFuture<Void> saved = new CompletableFuture<>();
      new Thread(() -> saved.completeExceptionally(new IOException("crash")), "late").start();
      return saved;
    }
  }

  @Test
  void timeout_ofTheCallThatDeclares_failsTheExpansion_orIsTriedAgain() throws Exception {
    for (int attempts = 1; attempts <= 2; attempts++) {
      ManualTime time = new ManualTime();
      AtomicInteger declared = new AtomicInteger();
      Dag dag = Dag.named("slow");
      Task<Integer> one = dag.task("one", () -> 1);
      Task<Integer> train = dag.expand("train", one, (sub, n) -> {
            if (declared.getAndIncrement() == 0) {
              sub.task("begun", () -> called("train/begun", 1));
              new CountDownLatch(1).await();
            }
            return sub.task("a", () -> called("train/a", n + 1));
          })
          .returns(Integer.class)
          .timeout(Duration.ofSeconds(5))
          .retry(Retry.times(attempts));
      Run run = on(Store.inMemory()).scheduler(time).clock(time.clock()).build().start(dag);
      time.awaitWaiting(1);
      time.advance(Duration.ofSeconds(5));
      if (attempts == 1) {
        assertThatThrownBy(run::await)
            .hasMessageContaining("task 'train' failed")
            .cause()
            .isInstanceOf(TaskTimeoutException.class);
      } else {
        assertThat(run.await().get(train)).isEqualTo(2);
        assertThat(declared).hasValue(2);
      }
      assertThat(calls).doesNotContain("train/begun");
      assertThat(time.waiting()).as("alarms of a run that is over").isZero();
    }
  }

  @Test
  void otherDurabilities(@TempDir Path directory) {
    for (Durability durability : Durability.values()) {
      try (Store store = Store.journal(directory.resolve(durability.name()))) {
        Dag dag = Dag.named("everything");
        Task<Integer> end = everything(dag);
        Run run = on(store).durability(durability).build().run(dag);
        assertThat(run.get(end)).isEqualTo(63);
        calls.clear();
        assertThat(on(store).durability(durability).build().run(dag).get(end)).isEqualTo(63);
        assertThat(calls).isEmpty();
      }
    }
  }
}
