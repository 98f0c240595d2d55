package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class RunTest {
  private final Duraflow duraflow = Duraflow.withoutStore();

  @Test
  void run_returnsOutputsInTheirTypes() {
    Dag dag = Dag.named("sums");
    Task<Integer> two = dag.task("two", () -> 2);
    Task<Integer> three = dag.task("three", () -> 3);
    Task<Integer> sum = dag.task("sum", two, three, Integer::sum);
    Task<String> text = dag.task("text", two, three, sum, (a, b, c) -> a + "+" + b + "=" + c);
    Task<String> four =
        dag.task("four", two, three, sum, text, (a, b, c, d) -> d + "!" + a + b + c);
    Task<Integer> all = dag.task(
        "all",
        List.of(two, three, sum, text, four),
        in -> in.get(two) * in.get(three) * in.get(sum) + in.get(text).length());
    Task<Integer> gathered = dag.gather(
        "gathered",
        List.of(two, three, sum, all),
        values -> values.stream().mapToInt(i -> i).sum());

    Run run = duraflow.run(dag);

    int sumOfTwo = run.get(sum);
    assertThat(sumOfTwo).isEqualTo(5);
    assertThat(run.get(text)).isEqualTo("2+3=5");
    assertThat(run.get(four)).isEqualTo("2+3=5!235");
    assertThat(run.get(all)).isEqualTo(35);
    assertThat(run.get(gathered)).isEqualTo(45);
    assertThat(run.id()).isEqualTo("sums");
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(run.completed()).isEqualTo(7);
    assertThat(run.total()).isEqualTo(7);
    assertThat(run.reused()).isZero();
    assertThat(run.failures()).isEmpty();
    assertThat(run).hasToString("run 'sums' of DAG 'sums': SUCCEEDED, 7 of 7 tasks");
  }

  @Test
  void run_ofDagWithoutTasks_succeeds() throws Exception {
    Dag empty = Dag.named("empty");
    assertThat(duraflow.run(empty).state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(duraflow.start(empty).await().state()).isEqualTo(RunState.SUCCEEDED);
    Duraflow stored = Duraflow.builder().store(Store.inMemory()).build();
    assertThat(stored.run(empty).total()).isZero();
    assertThat(stored.run(empty).state()).isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void run_ofTheSameDagTwice_callsBodiesTwiceWithoutStore() {
    Dag dag = Dag.named("twice");
    List<Integer> calls = new ArrayList<>();
    Task<Integer> task = dag.task("task", () -> {
      calls.add(1);
      return calls.size();
    });
    assertThat(duraflow.run(dag).get(task)).isEqualTo(1);
    assertThat(duraflow.run(dag).get(task)).isEqualTo(2);
  }

  @Test
  void nullOutput_isAValueLikeAnyOther() {
    Store store = Store.inMemory();
    for (Duraflow each : List.of(duraflow, Duraflow.builder().store(store).build())) {
      Dag dag = Dag.named("nulls");
      Task<String> nothing = dag.task("nothing", () -> (String) null);
      Task<Boolean> isNull = dag.task("isNull", nothing, n -> n == null);
      Task<List<String>> list = dag.gather("list", List.of(nothing, nothing), (List<String> l) -> l)
          .returns(new TypeRef<List<String>>() {});
      Run run = each.run(dag);
      assertThat(run.get(nothing)).isNull();
      assertThat(run.get(isNull)).isTrue();
      assertThat(run.get(list)).containsExactly(null, null);
      assertThat(run.find("nothing", String.class)).isEmpty();
    }
  }

  @Test
  void get_ofTaskOfAnotherDag_isRefused() {
    Dag dag = Dag.named("one");
    Task<Integer> other = Dag.named("other").task("task", () -> 1);
    Run run = duraflow.run(dag);
    assertThatThrownBy(() -> run.get(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("task 'task' of DAG 'other' does not belong to DAG 'one'");
  }

  @Test
  void get_beforeTheTaskHasFinished_saysSo() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Dag dag = Dag.named("early");
    Task<Integer> task = dag.task("task", () -> {
      go.await();
      return 1;
    });
    Run run = duraflow.start(dag);
    assertThatThrownBy(() -> run.get(task))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("task 'task'")
        .hasMessageContaining("it has not finished");
    assertThat(run.find("task", Integer.class)).isEmpty();
    assertThat(run.await(Duration.ZERO)).isFalse();
    assertThat(run.state()).isEqualTo(RunState.RUNNING);
    go.countDown();
    assertThat(run.await(Duration.ofMinutes(1))).isTrue();
    assertThat(run.await()).isSameAs(run);
    assertThat(run.get(task)).isEqualTo(1);
  }

  @Test
  void find_byIdAndType() {
    for (Duraflow each :
        List.of(duraflow, Duraflow.builder().store(Store.inMemory()).build())) {
      Dag dag = Dag.named("find");
      Task<Integer> five = dag.task("load-5", () -> 5);
      dag.task("names", five, n -> List.of("a", "b")).returns(new TypeRef<List<String>>() {});
      Run run = each.run(dag);
      assertThat(run.find("load-5", Integer.class)).contains(5);
      assertThat(run.find("names", new TypeRef<List<String>>() {})).contains(List.of("a", "b"));
      assertThat(run.find("nobody", Integer.class)).isEmpty();
      assertThatThrownBy(() -> run.find("load-5", String.class))
          .isInstanceOf(TypeMismatchException.class)
          .hasMessageContaining("task 'load-5' in run 'find' was stored as java.lang.Integer")
          .hasMessageContaining("java.lang.String");
    }
  }

  @Test
  void start_returnsBeforeTheEnd_andRunsOnOtherThreads() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Dag dag = Dag.named("start");
    Task<Thread> thread = dag.task("thread", () -> {
      go.await();
      return Thread.currentThread();
    });
    Run run = duraflow.start(dag, "an id");
    go.countDown();
    assertThat(run.await().get(thread)).isNotSameAs(Thread.currentThread());
    assertThat(run.id()).isEqualTo("an id");
  }

  @Test
  void await_interrupted_leavesTheRunAlone() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Dag dag = Dag.named("await");
    Task<Integer> task = dag.task("task", () -> {
      go.await();
      return 1;
    });
    Run run = duraflow.start(dag);
    Thread.currentThread().interrupt();
    assertThatThrownBy(run::await).isInstanceOf(InterruptedException.class);
    assertThat(run.state()).isEqualTo(RunState.RUNNING);
    go.countDown();
    assertThat(run.await().get(task)).isEqualTo(1);
  }

  @Test
  void sameRunIdTwiceAtOnce_oneRunsAndTheOtherIsToldWhoHolds() throws Exception {
    Duraflow stored = Duraflow.builder().store(Store.inMemory()).build();
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      for (int round = 0; round < 50; round++) {
        String runId = "run-" + round;
        CyclicBarrier both = new CyclicBarrier(2);
        CountDownLatch refused = new CountDownLatch(1);
        Dag dag = Dag.named("locked");
        dag.task("task", () -> {
          refused.await();
          return 1;
        });
        List<Future<String>> answers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          answers.add(pool.submit(() -> {
            both.await();
            try {
              return stored.run(dag, runId).state().toString();
            } catch (RunLockedException e) {
              refused.countDown();
              assertThat(e.holder().pid()).isEqualTo(ProcessHandle.current().pid());
              assertThat(e.runId()).isEqualTo(runId);
              return e.getMessage();
            }
          }));
        }
        assertThat(List.of(answers.get(0).get(), answers.get(1).get()))
            .as("round %s", round)
            .containsOnlyOnce("SUCCEEDED")
            .anyMatch(answer -> answer.contains("run '" + runId + "' is held by process"));
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void twoRunsAtOnceInOneDuraflow_doNotMix() throws Exception {
    CyclicBarrier bothIn = new CyclicBarrier(2);
    Dag dag = Dag.named("both");
    Task<String> task = dag.task("task", () -> {
      bothIn.await();
      return dev.duraflow.dag.TaskContext.current().runId();
    });
    Duraflow stored = Duraflow.builder().store(Store.inMemory()).build();
    for (Duraflow each : List.of(duraflow, stored)) {
      Run one = each.start(dag, "one");
      Run two = each.run(dag, "two");
      assertThat(one.await().get(task)).isEqualTo("one");
      assertThat(two.get(task)).isEqualTo("two");
    }
  }

  @Test
  void unreadableType_isRefusedBeforeAnythingRuns_andTheRunIsNotHeld() {
    Store store = Store.inMemory();
    Duraflow stored = Duraflow.builder().store(store).build();
    List<String> calls = new ArrayList<>();
    Dag dag = Dag.named("types");
    Task<Integer> first = dag.task("first", () -> {
      calls.add("first");
      return 1;
    });
    Task<Map<String, Integer>> second = dag.task("second", first, n -> Map.of("n", n));
    assertThatThrownBy(() -> stored.run(dag))
        .isInstanceOf(InvalidDagException.class)
        .hasMessageContaining("task 'second'")
        .hasMessageContaining(".returns(new TypeRef<");
    assertThat(calls).isEmpty();
    second.returns(new TypeRef<Map<String, Integer>>() {});
    assertThat(stored.run(dag).get(second)).isEqualTo(Map.of("n", 1));
    assertThat(duraflow.run(dag).get(second)).isEqualTo(Map.of("n", 1));
  }

  @Test
  void theOwnedStoreIsNotTheUsers() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("owned");
    Task<Integer> task = dag.task("task", () -> 1);
    try (Duraflow stored = Duraflow.builder().store(store).build()) {
      stored.run(dag);
    }
    try (Duraflow stored = Duraflow.builder().store(store).build()) {
      assertThat(stored.run(dag).reused()).isEqualTo(1);
      assertThat(stored.run(dag).get(task)).isEqualTo(1);
    }
  }

  @Test
  void maxConcurrency_below1_isRefused() {
    assertThatThrownBy(() -> Duraflow.builder().maxConcurrency(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxConcurrency must be >= 1: 0");
  }
}
