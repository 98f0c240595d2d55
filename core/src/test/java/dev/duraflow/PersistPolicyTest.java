package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that may go on although an output could not be persisted. */
final class PersistPolicyTest {
  private final Store store = Store.inMemory();
  private final AtomicInteger calls = new AtomicInteger();

  private Duraflow tolerant(Store store) {
    return Duraflow.builder()
        .store(store)
        .persistPolicy(PersistPolicy.BEST_EFFORT)
        .build();
  }

  private static Store failing(Store store, String taskId) {
    return StoreAround.failing(store, new UncheckedIOException(new IOException("full")), taskId);
  }

  @Test
  void outputThatWasNotPersisted_isTakenFromMemory_andComputedAgainOnResume() {
    Dag dag = Dag.named("tolerant");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, x -> x + calls.incrementAndGet());
    Task<Integer> c = dag.task("c", b, x -> x * 10);

    Run run = tolerant(failing(store, "b")).run(dag);
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(run.get(b)).isEqualTo(2);
    assertThat(run.get(c)).isEqualTo(20);

    Run resumed = tolerant(store).run(dag);
    assertThat(resumed.reused()).isEqualTo(2);
    assertThat(resumed.get(b)).isEqualTo(3);
    assertThat(resumed.get(c)).as("the recorded value wins").isEqualTo(20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"m", "m[k2]"})
  void map_goesOnWithoutItsKeysOrAnElement(String notPersisted) {
    Dag dag = Dag.named("tolerant");
    Task<List<Integer>> source = dag.task("source", PersistPolicyTest::numbers);
    Task<List<Integer>> m = dag.map("m", source, x -> "k" + x, x -> x * x);
    Task<Integer> sum = dag.task("sum", m, PersistPolicyTest::sum);

    Run run = tolerant(failing(store, notPersisted)).run(dag);
    assertThat(run.get(sum)).isEqualTo(14);
    assertThat(run.get(m)).containsExactly(1, 4, 9);
    assertThat(tolerant(store).run(dag).get(m)).containsExactly(1, 4, 9);
  }

  @Test
  void mapThatNobodyConsumes_keepsAnElementThatWasNotPersisted() {
    Dag dag = Dag.named("tolerant");
    Task<List<Integer>> source = dag.task("source", PersistPolicyTest::numbers);
    Task<List<Integer>> m = dag.map("m", source, x -> "k" + x, x -> x * x);
    assertThat(tolerant(failing(store, "m[k2]")).run(dag).get(m)).containsExactly(1, 4, 9);
  }

  @Test
  void valueThatCannotBeEncoded_isTakenFromMemoryToo() {
    Dag dag = Dag.named("tolerant");
    Task<Thread> thread = dag.task("thread", Thread::currentThread);
    Task<Boolean> alive = dag.task("alive", thread, Thread::isAlive);
    assertThat(tolerant(store).run(dag).get(alive)).isTrue();
  }

  private static List<Integer> numbers() {
    return List.of(1, 2, 3);
  }

  private static int sum(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).sum();
  }
}
