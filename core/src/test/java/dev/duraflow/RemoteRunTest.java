package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Outcome;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TaskTimeoutException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.Durability;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs whose bodies are called by a worker; worker and run know of each other what store and engine tell. */
@Timeout(60)
final class RemoteRunTest {
  private final SharedStore store = Store.inMemory();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(4, task -> new Thread(task, "elsewhere"));

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private static boolean isElsewhere() {
    return Thread.currentThread().getName().equals("elsewhere");
  }

  private static String place() {
    return isElsewhere() ? "elsewhere" : "here";
  }

  private static DagFactory<?> factory(Consumer<Dag> tasks) {
    return DagFactory.named("dag", () -> {
      Dag dag = Dag.named("dag");
      tasks.accept(dag);
      return dag;
    });
  }

  private TaskEngine engine(DagFactory<?> factory) {
    return TaskWorker.on(store, DagFactories.of(factory)).inProcess(threads);
  }

  private Duraflow duraflow(TaskEngine engine) {
    return duraflow(engine, builder -> builder);
  }

  private Duraflow duraflow(TaskEngine engine, UnaryOperator<Duraflow.Builder> with) {
    return with.apply(Duraflow.builder().store(store).taskEngine(engine)).build();
  }

  /** Runs a DAG whose bodies are called elsewhere, and answers what {@code wanted} returned. */
  private Object run(Consumer<Dag> tasks, String wanted) {
    DagFactory<?> factory = factory(tasks);
    Dag dag = factory.create();
    try (Duraflow duraflow = duraflow(engine(factory))) {
      return duraflow.run(dag).get(dag.find(wanted).orElseThrow());
    }
  }

  // ---- what is called where

  @Test
  void bodies_areCalledElsewhere() {
    Object output = run(
        dag -> {
          Task<String> a = dag.task("a", RemoteRunTest::place);
          Task<String> b = dag.task("b", a, of -> of + ", " + place());
          dag.task("c", List.of(a, b), in -> in.get(a) + "; " + in.get(b) + "; " + place());
        },
        "c");

    assertThat(output).isEqualTo("elsewhere; elsewhere, elsewhere; elsewhere");
  }

  @Test
  void localTask_isCalledHere() {
    assertThat(run(dag -> dag.task("a", RemoteRunTest::place).local(), "a")).isEqualTo("here");
  }

  @Test
  void dagOfNoFactory_isRunHere() {
    Dag dag = Dag.named("dag");
    Task<String> a = dag.task("a", RemoteRunTest::place);
    try (Duraflow duraflow = duraflow(invocation -> {
      throw new AssertionError("asked for " + invocation);
    })) {
      assertThat(duraflow.run(dag).get(a)).isEqualTo("here");
    }
  }

  @Test
  void engine_withoutASharedStore_isRefused() {
    Duraflow.Builder builder =
        Duraflow.builder().taskEngine(invocation -> CompletableFuture.completedFuture(null));

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a store that its workers share");
  }

  private static List<Integer> numbers() {
    return IntStream.range(0, 50).boxed().toList();
  }

  @Test
  void map_keysAreMadeHere_andElementsElsewhere() {
    ConcurrentLinkedQueue<String> keyed = new ConcurrentLinkedQueue<>();
    Object output = run(
        dag -> {
          Task<List<Integer>> numbers =
              dag.task("numbers", RemoteRunTest::numbers).local();
          Task<Integer> shift = dag.task("shift", () -> 1000);
          Task<List<String>> squares = dag.map(
              "square",
              numbers,
              shift,
              n -> {
                keyed.add(place());
                return "[" + n + "/" + n + "]";
              },
              (n, plus) -> (plus + n * n) + place());
          dag.stream(
              "sum",
              squares,
              all -> all.filter(s -> s.endsWith("elsewhere"))
                  .mapToInt(s -> Integer.parseInt(s.replace("elsewhere", "")))
                  .sum());
        },
        "sum");

    assertThat(output).isEqualTo(50 * 1000 + 40425);
    assertThat(keyed).contains("here");
  }

  @Test
  void mapThatIsLocal_hasItsElementsHere() {
    Object output = run(
        dag -> {
          Task<List<Integer>> numbers = dag.task("numbers", RemoteRunTest::numbers);
          dag.map("place", numbers, String::valueOf, n -> place()).local();
        },
        "place");

    assertThat((List<?>) output).hasSize(50).allMatch("here"::equals);
  }

  private static Task<String> grow(Dag sub, Integer depth) {
    if (depth == 0) {
      Task<List<Integer>> numbers = sub.task("numbers", RemoteRunTest::numbers);
      Task<List<String>> places = sub.map("a/b", numbers, n -> "k/" + n, n -> place());
      return sub.task("all", places, all -> all.stream().distinct().toList() + " of " + all.size());
    }
    Task<Integer> next = sub.task("next", () -> depth - 1);
    return sub.expand("in/ner", next, RemoteRunTest::grow);
  }

  @Test
  void tasksWithinExpansions_areCalledElsewhere() {
    Object output = run(
        dag -> {
          Task<Integer> depth = dag.task("depth", () -> 3);
          dag.expand("gr", depth, RemoteRunTest::grow);
        },
        "gr");

    assertThat(output).isEqualTo("[elsewhere] of 50");
  }

  @Test
  void expansion_withAStep_doesItOnceForBoth() {
    AtomicInteger steps = new AtomicInteger();
    Object output = run(
        dag -> {
          Task<Integer> one = dag.task("one", () -> 1);
          Task<String> grown = dag.expand("grown", one, (sub, value) -> {
            int step = TaskContext.current().step("count", steps::incrementAndGet);
            return sub.task("of-" + step, () -> place() + step);
          });
          grown.returns(String.class);
        },
        "grown");

    assertThat(output).isEqualTo("elsewhere1");
    assertThat(steps).hasValue(1);
  }

  @Test
  void pipelinedRun_placesTasksWhenTheirInputsAreDurable() {
    DagFactory<?> factory = factory(dag -> {
      Task<Integer> a = dag.task("a", () -> 1).local();
      Task<Integer> b = dag.task("b", a, n -> n + 1);
      dag.task("c", a, b, (x, y) -> x * 10 + y).limit(Limit.concurrent("one", 1));
    });
    Dag dag = factory.create();
    try (Duraflow duraflow = Duraflow.builder()
        .store(new LazyStore(store))
        .taskEngine(engine(factory))
        .durability(Durability.PIPELINED)
        .build()) {
      assertThat(duraflow.run(dag).get(dag.find("c").orElseThrow())).isEqualTo(12);
    }
  }

  // ---- resuming

  @Test
  void whatIsRecordedElsewhere_isReusedByTheNextOwner() {
    AtomicInteger calls = new AtomicInteger();
    DagFactory<?> factory = factory(dag -> {
      Task<Integer> a = dag.task("a", calls::incrementAndGet);
      dag.task("b", a, n -> n + 1);
    });
    try (Duraflow duraflow = duraflow(engine(factory))) {
      duraflow.run(factory.create());
      Run again = duraflow.run(factory.create());

      assertThat(again.reused()).isEqualTo(2);
      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void outputs_areReadFromTheStore_whenSomebodyAsks() {
    DagFactory<?> factory = factory(dag -> dag.task("a", RemoteRunTest::place));
    Dag dag = factory.create();
    try (Duraflow duraflow = duraflow(engine(factory))) {
      Run run = duraflow.run(dag);

      assertThat(run.find("a", String.class)).contains("elsewhere");
      assertThat(run.completed()).isEqualTo(1);
      assertThat(run.reused()).isZero();
    }
  }

  // ---- failures

  @Test
  void bodyThatThrows_failsTheRunWithItsFailureAsText() {
    DagFactory<?> factory = factory(dag -> dag.task("bad", () -> {
      if (isElsewhere()) {
        throw new IllegalStateException("no luck", new IOException("disk full"));
      }
      return 1;
    }));
    try (Duraflow duraflow = duraflow(engine(factory))) {
      RunFailedException failed =
          catchThrowableOfType(RunFailedException.class, () -> duraflow.run(factory.create()));

      assertThat(failed.failures()).hasSize(1);
      assertThat(failed.failures().get(0).cause())
          .isInstanceOfSatisfying(RemoteTaskException.class, e -> {
            assertThat(e.failureType()).isEqualTo("java.lang.IllegalStateException");
            assertThat(e.failureMessage()).isEqualTo("no luck");
            assertThat(e.failureText()).contains("Caused by: java.io.IOException: disk full");
            assertThat(e).hasMessageContaining("task 'bad'").hasNoCause();
          });
    }
  }

  @Test
  void outcome_ofATaskThatFailedElsewhere_isThatOfItsOwnException() {
    Object output = run(
        dag -> {
          Task<Integer> bad = dag.task("bad", () -> {
            throw new IOException("no luck");
          });
          Task<Outcome<Integer>> outcome = bad.returns(Integer.class).outcome();
          dag.task("told", outcome, o -> o.toString());
        },
        "told");

    assertThat((String) output).contains("java.io.IOException").contains("no luck");
  }

  @Test
  void retries_askThePredicateWhereTheExceptionIs() {
    List<Integer> attempts = new ArrayList<>();
    Object output = run(
        dag -> dag.task("flaky", () -> {
              attempts.add(TaskContext.current().attempt());
              if (attempts.size() < 3) {
                throw new IOException("again");
              }
              return attempts.size();
            })
            .retry(Retry.times(5).retryIf(e -> e instanceof IOException)),
        "flaky");

    assertThat(output).isEqualTo(3);
    assertThat(attempts).containsExactly(1, 2, 3);
  }

  @Test
  void retries_endWhenThePredicateSaysSo() {
    AtomicInteger calls = new AtomicInteger();
    DagFactory<?> factory =
        factory(dag -> dag.retry(Retry.times(5).retryIf(e -> !(e instanceof IOException)))
            .task("bad", () -> {
              calls.incrementAndGet();
              if (isElsewhere()) {
                throw new IOException("for good");
              }
              return 1;
            }));
    try (Duraflow duraflow = duraflow(engine(factory))) {
      assertThatThrownBy(() -> duraflow.run(factory.create()))
          .isInstanceOf(RunFailedException.class);
    }
    assertThat(calls).hasValue(1);
  }

  @Test
  void engineDefaultRetry_holdsForTasksThatDoNotSay() {
    AtomicInteger calls = new AtomicInteger();
    DagFactory<?> factory = factory(dag -> dag.task("flaky", () -> {
      if (calls.incrementAndGet() < 3) {
        throw new IOException("again");
      }
      return 1;
    }));
    try (Duraflow duraflow = duraflow(engine(factory), with -> with.retry(Retry.times(3)))) {
      duraflow.run(factory.create());
    }
    assertThat(calls).hasValue(3);
  }

  @Test
  void engineThatSaysDoneWithoutARecord_hasFailed() {
    DagFactory<?> factory = factory(dag -> dag.task("a", () -> 1));
    try (Duraflow duraflow = duraflow(invocation -> CompletableFuture.completedFuture(null))) {
      RunFailedException failed =
          catchThrowableOfType(RunFailedException.class, () -> duraflow.run(factory.create()));

      assertThat(failed.failures().get(0).cause())
          .isInstanceOf(PlacementException.class)
          .hasMessageContaining("it has no record");
    }
  }

  @Test
  void engineThatFailsAfterTheRecordWasWritten_isNotBelieved() {
    DagFactory<?> factory = factory(dag -> dag.task("a", () -> 1));
    TaskEngine engine = engine(factory);
    TaskEngine forgetful = invocation -> engine.submit(invocation).thenAccept(done -> {
      throw new IllegalStateException("the answer was lost");
    });
    try (Duraflow duraflow = duraflow(forgetful)) {
      assertThat(duraflow.run(factory.create()).state()).isEqualTo(RunState.SUCCEEDED);
    }
  }

  @Test
  void engineThatThrows_hasFailedTheAttempt() {
    DagFactory<?> factory = factory(dag -> dag.task("a", () -> 1));
    TaskEngine engine = engine(factory);
    AtomicInteger asked = new AtomicInteger();
    TaskEngine refusing = invocation -> {
      if (asked.incrementAndGet() == 1) {
        throw new IllegalStateException("not now");
      }
      return engine.submit(invocation);
    };
    try (Duraflow duraflow = duraflow(refusing, with -> with.retry(Retry.times(2)))) {
      duraflow.run(factory.create());
    }
    assertThat(asked).hasValue(2);
  }

  @Test
  void placementFailure_isNoOutcome() {
    DagFactory<?> factory = factory(dag -> {
      Task<Integer> a = dag.task("a", () -> 1);
      a.orElse(-1);
    });
    try (Duraflow duraflow =
        duraflow(invocation -> CompletableFuture.failedFuture(new IOException("no worker")))) {
      assertThatThrownBy(() -> duraflow.run(factory.create()))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("no worker");
    }
    try (Duraflow duraflow = duraflow(engine(factory))) {
      Dag dag = factory.create();
      assertThat(duraflow.run(dag).get(dag.find("a.orElse").orElseThrow())).isEqualTo(1);
    }
  }

  @Test
  void workerWithAnotherDag_saysWhichVersionsThereAre() {
    DagFactory<?> mine = factory(dag -> dag.task("a", () -> 1));
    DagFactory<?> its = factory(dag -> dag.task("a", () -> "one"));
    try (Duraflow duraflow = duraflow(engine(its))) {
      assertThatThrownBy(() -> duraflow.run(mine.create()))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("the same version of the program");
    }
  }

  @Test
  void keepGoing_finishesWhatDoesNotDependOnTheFailure() {
    DagFactory<?> factory = factory(dag -> {
      Task<Integer> bad = dag.task("bad", () -> {
        throw new IOException("no luck");
      });
      bad.returns(Integer.class);
      dag.task("after", bad, n -> n + 1);
      dag.task("good", () -> 1);
    });
    try (Duraflow duraflow = duraflow(
        engine(factory), with -> with.failurePolicy(FailurePolicy.KEEP_GOING).maxConcurrency(1))) {
      assertThatThrownBy(() -> duraflow.run(factory.create()))
          .isInstanceOf(RunFailedException.class);
    }
    assertThat(store.open("dag").find("good")).isPresent();
  }

  // ---- waiting and stopping: an engine whose answers the test gives

  private static final class ManualEngine implements TaskEngine {
    final Map<String, CompletableFuture<Void>> asked = new ConcurrentHashMap<>();
    final CountDownLatch first = new CountDownLatch(1);
    final CountDownLatch second = new CountDownLatch(2);

    @Override
    public CompletionStage<Void> submit(Invocation invocation) {
      CompletableFuture<Void> stage = new CompletableFuture<>();
      asked.put(invocation.taskId() + "#" + invocation.attempt(), stage);
      first.countDown();
      second.countDown();
      return stage;
    }
  }

  @Test
  void cancel_givesUpWhatIsElsewhere() throws InterruptedException {
    DagFactory<?> factory = factory(dag -> {
      dag.task("a", () -> 1);
      dag.task("b", () -> 1);
    });
    ManualEngine engine = new ManualEngine();
    try (Duraflow duraflow = duraflow(engine, with -> with.maxConcurrency(1))) {
      Run run = duraflow.start(factory.create());
      engine.first.await();
      run.cancel();

      assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
    }
    assertThat(engine.asked).hasSize(1);
    assertThat(engine.asked.values()).allMatch(CompletableFuture::isCancelled);
  }

  @Test
  void failFast_givesUpWhatIsElsewhere() throws InterruptedException {
    DagFactory<?> factory = factory(dag -> {
      dag.task("a", () -> 1);
      dag.task("b", () -> 1);
    });
    ManualEngine engine = new ManualEngine();
    try (Duraflow duraflow = duraflow(engine)) {
      Run run = duraflow.start(factory.create());
      engine.second.await();
      engine.asked.get("a#1").completeExceptionally(new IOException("no luck"));

      assertThatThrownBy(run::await)
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("no luck");
    }
    assertThat(engine.asked.get("b#1")).isCancelled();
  }

  @Test
  void timeout_givesUpTheAttempt_andTriesAgain() throws InterruptedException {
    DagFactory<?> factory = factory(
        dag -> dag.task("slow", () -> 1).timeout(Duration.ofSeconds(5)).retry(Retry.times(2)));
    ManualTime time = new ManualTime();
    ManualEngine engine = new ManualEngine();
    try (Duraflow duraflow = duraflow(engine, with -> with.scheduler(time).clock(time.clock()))) {
      Run run = duraflow.start(factory.create());
      engine.first.await();
      time.advance(Duration.ofSeconds(5));
      engine.second.await();
      time.advance(Duration.ofSeconds(5));

      assertThatThrownBy(run::await).isInstanceOf(RunFailedException.class);
      assertThat(run.failures().get(0).cause()).isInstanceOf(TaskTimeoutException.class);
    }
    assertThat(engine.asked).containsOnlyKeys("slow#1", "slow#2");
    assertThat(engine.asked.values()).allMatch(CompletableFuture::isCancelled);
  }

  @Test
  void timeout_ofABodyElsewhere_interruptsIt() {
    CountDownLatch interrupted = new CountDownLatch(1);
    DagFactory<?> factory = factory(dag -> dag.task("slow", () -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          return 1;
        })
        .timeout(Duration.ofMillis(50)));
    try (Duraflow duraflow = duraflow(engine(factory))) {
      assertThatThrownBy(() -> duraflow.run(factory.create()))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("timeout");
    }
    assertThat(interrupted)
        .satisfies(latch -> assertThat(latch.await(50, TimeUnit.SECONDS)).isTrue());
    assertThat(store.open("dag").find("slow")).isEmpty();
  }

  @Test
  void maxConcurrency_boundsWhatIsInFlight() {
    DagFactory<?> factory = factory(dag -> {
      Task<List<Integer>> numbers = dag.task("numbers", RemoteRunTest::numbers).local();
      dag.map("square", numbers, String::valueOf, n -> n * n);
    });
    AtomicInteger inFlight = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    TaskEngine inner = engine(factory);
    TaskEngine counting = invocation -> {
      most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
      return inner.submit(invocation).thenRun(inFlight::decrementAndGet);
    };
    try (Duraflow duraflow = duraflow(counting, with -> with.maxConcurrency(3))) {
      assertThat(duraflow.run(factory.create()).completed()).isEqualTo(52);
    }
    assertThat(most.get()).isBetween(1, 3);
  }

  @Test
  void engineThatDoesEverythingAtOnce_doesNotNestItsCalls() {
    DagFactory<?> factory = factory(dag -> {
      Task<List<Integer>> numbers = dag.task(
              "numbers", () -> IntStream.range(0, 20_000).boxed().toList())
          .returns(new TypeRef<List<Integer>>() {});
      Task<List<Integer>> squares = dag.map("square", numbers, String::valueOf, n -> n * n);
      dag.task("count", squares, List::size);
    });
    TaskEngine engine = TaskWorker.on(store, DagFactories.of(factory)).inProcess(Runnable::run);
    Dag dag = factory.create();
    try (Duraflow duraflow = duraflow(engine, with -> with.maxConcurrency(1))) {
      assertThat(duraflow.run(dag).get(dag.find("count").orElseThrow())).isEqualTo(20_000);
    }
  }

  @Test
  void limits_areHeldUntilTheBodyIsDoneElsewhere() {
    AtomicInteger inFlight = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    run(
        dag -> {
          Task<List<Integer>> numbers = dag.task("numbers", RemoteRunTest::numbers);
          dag.map("square", numbers, String::valueOf, n -> {
                most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                try {
                  return n * n;
                } finally {
                  inFlight.decrementAndGet();
                }
              })
              .limit(Limit.concurrent("service", 2));
        },
        "square");

    assertThat(most.get()).isBetween(1, 2);
  }

  @Test
  void events_tellOfTasksElsewhere() {
    List<String> events = Collections.synchronizedList(new ArrayList<>());
    DagFactory<?> factory = factory(dag -> dag.task("a", () -> 1));
    try (Duraflow duraflow = duraflow(
        engine(factory),
        with -> with.listener(event -> {
          if (event instanceof RunEvent.TaskStarted || event instanceof RunEvent.TaskSucceeded) {
            events.add(event.getClass().getSimpleName());
          }
        }))) {
      duraflow.run(factory.create());
    }
    assertThat(events).containsExactly("TaskStarted", "TaskSucceeded");
  }
}
