package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Body0;
import dev.duraflow.dag.Body1;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many tasks, and long ways through them: nothing may recurse as deep as a DAG is. */
final class LargeDagTest {
  private static final int MILLION = 1_000_000;

  private static Task<Integer> chain(Dag dag, int length) {
    Body1<Integer, Integer> next = n -> n + 1;
    Task<Integer> task = dag.task("0", () -> 0);
    for (int i = 1; i < length; i++) {
      task = dag.task(Integer.toString(i), task, next);
    }
    return task;
  }

  @Test
  void millionIndependentTasks_allRun() {
    AtomicInteger calls = new AtomicInteger();
    Body0<Integer> body = calls::incrementAndGet;
    Dag dag = Dag.named("independent");
    for (int i = 0; i < MILLION; i++) {
      dag.task(Integer.toString(i), body);
    }
    Run run = Duraflow.withoutStore().run(dag);
    assertThat(calls.get()).isEqualTo(MILLION);
    assertThat(run.completed()).isEqualTo(MILLION);
  }

  @Test
  void chainAMillionDeep_overflowsNoStack() throws Exception {
    Dag dag = Dag.named("deep");
    Task<Integer> last = chain(dag, MILLION);
    assertThat(Duraflow.withoutStore().run(dag).get(last)).isEqualTo(MILLION - 1);
    assertThat(Duraflow.withoutStore().start(dag).await().get(last)).isEqualTo(MILLION - 1);
  }

  @Test
  void deepChain_isStoredAndReused() {
    int length = 200_000;
    Store store = Store.inMemory();
    Dag dag = Dag.named("deep");
    Task<Integer> last = chain(dag, length);
    Duraflow duraflow = Duraflow.builder().store(store).build();
    assertThat(duraflow.run(dag).get(last)).isEqualTo(length - 1);
    Run again = duraflow.run(dag);
    assertThat(again.reused()).isEqualTo(length);
    assertThat(again.get(last)).isEqualTo(length - 1);
  }

  @Test
  void deepChain_onAStoreThatAcknowledgesLaterOnItsOwnThread_overflowsNoStack() throws Exception {
    int length = 30_000;
    Dag dag = Dag.named("later");
    Task<Integer> last = chain(dag, length);
    for (AsyncStore.Mode mode : AsyncStore.Mode.values()) {
      Store store = new AsyncStore(Store.inMemory(), mode, 1);
      assertThat(Duraflow.builder().store(store).build().run(dag).get(last)).isEqualTo(length - 1);
      // An executor that runs things at once runs them in the store's thread.
      Run run = Duraflow.builder()
          .store(new AsyncStore(Store.inMemory(), mode, 1))
          .executor(Runnable::run)
          .build()
          .start(dag);
      assertThat(run.await().get(last)).isEqualTo(length - 1);
      store.close();
    }
  }

  /** Acknowledges a record when the next is saved, and the last when asked: in the thread that saves, within its save. */
  private static final class OneBehind implements Store {
    private final Store inner = Store.inMemory();

    @Override
    public OpenRun open(String runId) {
      OpenRun run = inner.open(runId);
      return new OpenRun() {
        private CompletableFuture<Void> last = new CompletableFuture<>();

        @Override
        public Optional<TaskRecord> find(String taskId) {
          return run.find(taskId);
        }

        @Override
        public CompletionStage<Void> save(TaskRecord record) {
          run.save(record).toCompletableFuture().join();
          CompletableFuture<Void> saved = new CompletableFuture<>();
          CompletableFuture<Void> before;
          synchronized (this) {
            before = last;
            last = saved;
          }
          before.complete(null);
          if (record.taskId().startsWith("end")) {
            saved.complete(null);
          }
          return saved;
        }

        @Override
        public void close() {
          run.close();
        }
      };
    }

    @Override
    public void close() {}
  }

  @Test
  void twoLongChains_onAStoreThatAcknowledgesWithinTheNextSave_overflowNoStack() throws Exception {
    int length = 100_000;
    Dag dag = Dag.named("behind");
    Task<Integer> left = dag.task("left", () -> 0);
    Task<Integer> right = dag.task("right", () -> 0);
    for (int i = 1; i < length; i++) {
      left = dag.task("left" + i, left, n -> n + 1);
      right = dag.task("right" + i, right, n -> n + 1);
    }
    Task<Integer> endLeft = dag.task("end left", left, n -> n);
    Task<Integer> endRight = dag.task("end right", right, n -> n);
    for (int most : new int[] {1, 2}) {
      Run run =
          Duraflow.builder().store(new OneBehind()).maxConcurrency(most).build().run(dag);
      assertThat(run.get(endLeft) + run.get(endRight)).isEqualTo(2 * (length - 1));
    }
  }

  @Test
  void fanOutAndFanInOfAHundredThousand() {
    int width = 100_000;
    for (Duraflow duraflow : List.of(
        Duraflow.withoutStore(),
        Duraflow.builder()
            .store(new AsyncStore(Store.inMemory(), AsyncStore.Mode.BATCHED, 1))
            .build())) {
      Dag dag = Dag.named("fan");
      Task<Long> source = dag.task("source", () -> 1L);
      List<Task<Long>> middle = new ArrayList<>();
      for (int i = 0; i < width; i++) {
        long n = i;
        middle.add(dag.task("middle" + i, source, one -> one + n));
      }
      Task<Long> sum = dag.gather(
          "sum", middle, values -> values.stream().mapToLong(Long::longValue).sum());
      assertThat(duraflow.run(dag).get(sum)).isEqualTo((long) width * (width + 1) / 2);
    }
  }
}
