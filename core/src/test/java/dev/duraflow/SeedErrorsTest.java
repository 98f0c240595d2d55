package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What dagx's tests check of errors, and duraflow-rs's of persisting. */
final class SeedErrorsTest {
  private final Duraflow duraflow = Duraflow.withoutStore();
  private final Duraflow keepsGoing =
      Duraflow.builder().failurePolicy(FailurePolicy.KEEP_GOING).build();
  private final Dag dag = Dag.named("errors");
  private final Queue<String> calls = new ConcurrentLinkedQueue<>();

  private int called(String id, int value) {
    calls.add(id);
    return value;
  }

  private int panic(String message) {
    throw new IllegalStateException(message);
  }

  private RunFailedException failureOf(Duraflow on) {
    return catchThrowableOfType(RunFailedException.class, () -> on.run(dag));
  }

  @Test
  void linearErrorPropagation_secondOfFourFails() {
    Task<Integer> a = dag.task("1", () -> called("1", 1));
    Task<Integer> b = dag.task("2", a, n -> panic("second"));
    Task<Integer> c = dag.task("3", b, n -> called("3", n));
    dag.task("4", c, n -> called("4", n));
    RunFailedException failed = failureOf(duraflow);
    assertThat(failed.failures()).extracting(TaskFailure::taskId).containsExactly("2");
    assertThat(failed).hasMessageContaining("second");
    assertThat(calls).containsExactly("1");
  }

  @Test
  void diamondErrorPropagation_rightSideFails() {
    Task<Integer> top = dag.task("top", () -> 1);
    Task<Integer> left = dag.task("left", top, n -> called("left", n));
    Task<Integer> right = dag.task("right", top, n -> panic("right"));
    Task<Integer> bottom = dag.task("bottom", left, right, (l, r) -> called("bottom", l));
    Run run = startedAndFailed(keepsGoing);
    assertThat(run.get(left)).isEqualTo(1);
    assertThatThrownBy(() -> run.get(bottom)).hasMessageContaining("skipped because task 'right'");
    assertThat(calls).containsExactly("left");
  }

  private Run startedAndFailed(Duraflow on) {
    Run run = on.start(dag);
    assertThatThrownBy(run::await).isInstanceOf(RunFailedException.class);
    return run;
  }

  @Test
  void errorInAWideFanOut_skipsAllTwentyDependents() {
    Task<Integer> source = dag.task("source", () -> panic("source"));
    List<Task<Integer>> fan = IntStream.range(0, 20)
        .mapToObj(i -> dag.task("d" + i, source, n -> called("d", n)))
        .toList();
    Run run = startedAndFailed(keepsGoing);
    assertThat(calls).isEmpty();
    assertThat(run.failures()).hasSize(1);
    for (Task<Integer> each : fan) {
      assertThatThrownBy(() -> run.get(each)).hasMessageContaining("because task 'source' failed");
    }
  }

  @Test
  void selectiveErrorPropagation_anErrorAsAValueIsNoFailure() {
    Task<Optional<Integer>> value = dag.task("value", () -> Optional.<Integer>empty());
    Task<Integer> handler = dag.task("handler", value, v -> v.orElse(-1));
    Task<String> end = dag.task("end", handler, n -> n == -1 ? "Handled error case" : "fine");
    assertThat(duraflow.run(dag).get(end)).isEqualTo("Handled error case");
  }

  @Test
  void errorPropagationTiming_theThirdNeverRuns() {
    Task<Integer> t1 = dag.task("t1", () -> called("t1", 1));
    Task<Integer> t2 = dag.task("t2", t1, n -> {
      calls.add("t2");
      return panic("t2");
    });
    dag.task("t3", t2, n -> called("t3", n));
    for (Duraflow each : List.of(duraflow, keepsGoing)) {
      calls.clear();
      assertThat(failureOf(each)).isNotNull();
      assertThat(calls).containsExactly("t1", "t2");
    }
  }

  @Test
  void errorBoundaryIsolation_groupsBAndCAreNotTouchedByA() {
    Task<Integer> a = dag.task("a", () -> panic("a"));
    dag.task("a2", a, n -> n);
    Task<Integer> b = dag.task("b", () -> 20);
    Task<Integer> b2 = dag.task("b2", b, n -> n * 2);
    Task<Integer> c = dag.task("c", () -> 30);
    Task<Integer> c2 = dag.task("c2", c, n -> n + 15);
    Run run = startedAndFailed(keepsGoing);
    assertThat(List.of(run.get(b2), run.get(c2))).containsExactly(40, 45);
  }

  @Test
  void errorAccumulation_fiveOfTenFail() {
    AtomicInteger done = new AtomicInteger();
    for (int i = 0; i < 10; i++) {
      int n = i;
      dag.task("t" + i, () -> n % 2 == 0 ? panic("even") : done.incrementAndGet());
    }
    assertThat(failureOf(keepsGoing).failures())
        .extracting(TaskFailure::taskId)
        .containsExactlyInAnyOrder("t0", "t2", "t4", "t6", "t8");
    assertThat(done.get()).isEqualTo(5);
  }

  @Test
  void panicInOneOfTwoDependencies() {
    Task<Integer> good = dag.task("good", () -> 1);
    Task<Integer> bad = dag.task("bad", () -> panic("literal"));
    Task<Integer> both = dag.task("both", good, bad, Integer::sum);
    Run run = startedAndFailed(keepsGoing);
    assertThat(run.get(good)).isEqualTo(1);
    assertThatThrownBy(() -> run.get(both)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> run.get(bad)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void panicAmongParallelTasks_isNotLost() {
    for (int i = 0; i < 10; i++) {
      int n = i;
      dag.task("t" + i, () -> n == 7 ? panic("formatted " + n) : n);
    }
    assertThat(failureOf(duraflow)).hasMessageContaining("formatted 7");
  }

  // ---- duraflow-rs

  private final IOException writeFailure = new IOException("simulated write failure");

  private Duraflow onFailingStore() {
    return Duraflow.builder()
        .store(new StoreAround(Store.inMemory(), (run, record) -> StoreAround.failed(writeFailure)))
        .build();
  }

  @Test
  void runPropagatesPersistError() {
    dag.task("t1", () -> 42);
    assertThat(failureOf(onFailingStore()))
        .hasMessageContaining("the output of task 't1' in run 'errors' could not be persisted")
        .hasRootCause(writeFailure);
  }

  @Test
  void stepPropagatesPersistError() {
    assertThatThrownBy(() -> onFailingStore().step("t2", () -> 42))
        .isInstanceOfSatisfying(
            dev.duraflow.error.PersistException.class,
            e -> assertThat(e.taskId()).isEqualTo("t2"))
        .hasRootCause(writeFailure);
  }

  @Test
  void persistAndCacheWork_andProgressIsCalled() {
    List<String> progress = new ArrayList<>();
    Duraflow stored = Duraflow.builder()
        .store(Store.inMemory())
        .onProgress(p -> progress.add(p.taskId() + " " + p.completed() + " " + p.reused()))
        .build();
    Task<Integer> t3 = dag.task("t3", () -> called("t3", 42));
    Run run = stored.run(dag);
    assertThat(run.get(t3)).isEqualTo(42);
    assertThat(run.find("t3", Integer.class)).contains(42);
    assertThat(stored.run(dag).get(t3)).isEqualTo(42);
    assertThat(calls).containsExactly("t3");
    assertThat(progress).containsExactly("t3 1 false", "t3 1 true");
  }

  @Test
  void concurrentTasks_progressAndStorage() {
    List<Integer> counts = new ArrayList<>();
    Duraflow stored = Duraflow.builder()
        .store(Store.inMemory())
        .onProgress(p -> counts.add(p.completed()))
        .build();
    List<Task<Integer>> tasks =
        IntStream.range(0, 10).mapToObj(i -> dag.task("k" + i, () -> i)).toList();
    Run run = stored.run(dag);
    assertThat(tasks)
        .extracting(run::get)
        .isEqualTo(IntStream.range(0, 10).boxed().toList());
    assertThat(run.completed()).isEqualTo(10);
    assertThat(counts).isEqualTo(IntStream.rangeClosed(1, 10).boxed().toList());
    for (int i = 0; i < 10; i++) {
      assertThat(run.find("k" + i, Integer.class)).contains(i);
    }
  }

  @Test
  void resumedDagOverTheSameStore_readsWhatIsThere() {
    Store store = Store.inMemory();
    List<String> progress = new ArrayList<>();
    Duraflow stored = Duraflow.builder()
        .store(store)
        .maxConcurrency(1)
        .onProgress(p -> progress.add(p.taskId() + " " + p.completed()))
        .build();
    Task<Integer> v1 = dag.task("v1", () -> called("v1", 10));
    Task<Integer> v2 = dag.task("v2", () -> called("v2", 20));
    Task<Integer> v3 = dag.task("v3", () -> called("v3", 2));
    Task<Integer> v4 = dag.task("v4", () -> called("v4", 1));
    Task<Integer> sum = dag.task("sum_1_2", v1, v2, (a, b) -> called("sum_1_2", a + b));
    Task<Integer> product =
        dag.task("final_prod", sum, v3, v4, (s, a, b) -> called("final_prod", s * a * b));
    assertThat(stored.run(dag).get(product)).isEqualTo(60);
    assertThat(progress).hasSize(6).endsWith("final_prod 6");
    progress.clear();
    calls.clear();
    Dag second = Dag.named("errors");
    Task<Integer> w1 = second.task("v1", () -> called("v1", 0));
    Task<Integer> w2 = second.task("v2", () -> called("v2", 0));
    Task<Integer> again = second.task("sum_1_2", w1, w2, (a, b) -> called("sum_1_2", 0));
    assertThat(stored.run(second).get(again)).isEqualTo(30);
    assertThat(calls).isEmpty();
    assertThat(progress).containsExactly("v1 1", "v2 2", "sum_1_2 3");
  }
}
