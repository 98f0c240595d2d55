package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.error.PlacementException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.DagFingerprint;
import dev.duraflow.remote.Invocation;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a worker does besides what the contract for engines says. */
@Timeout(60)
final class TaskWorkerTest {
  private final SharedStore store = Store.inMemory();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger calls = new AtomicInteger();
  private final AtomicInteger declared = new AtomicInteger();

  private final DagFactory<?> factory = DagFactory.named("dag", this::declare);

  private Dag declare() {
    declared.incrementAndGet();
    Dag dag = Dag.named("dag");
    dag.task("one", () -> {
      calls.incrementAndGet();
      begun.countDown();
      go.await();
      return 1;
    });
    dag.task("telling", () -> {
      TaskContext.current().progress(0.5, "half");
      return TaskContext.current().step("step", calls::incrementAndGet);
    });
    Task<List<Integer>> none = dag.task("none", TaskWorkerTest::none);
    dag.map("map", none, String::valueOf, n -> n);
    return dag;
  }

  private static List<Integer> none() {
    return List.of();
  }

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private Invocation invocation(OpenRun run, String taskId, int attempt) {
    Dag dag = factory.create();
    return new Invocation(
        "run", run.epoch(), "dag", "null", DagFingerprint.of(dag), taskId, attempt);
  }

  private TaskWorker worker() {
    return TaskWorker.on(store, DagFactories.of(factory));
  }

  @Test
  void sameInvocation_byTwoThreads_callsTheBodyOnce() throws Exception {
    try (OpenRun run = store.open("run");
        TaskWorker worker = worker()) {
      Invocation invocation = invocation(run, "one", 1);
      CompletableFuture<Void> first =
          CompletableFuture.runAsync(() -> worker.perform(invocation), threads);
      begun.await();
      CompletableFuture<Void> second =
          CompletableFuture.runAsync(() -> worker.perform(invocation), threads);
      go.countDown();
      first.join();
      second.join();

      assertThat(calls).hasValue(1);
    }
  }

  @Test
  void zombie_thatIsLate_adoptsWhatIsRecorded() throws Exception {
    try (OpenRun run = store.open("run");
        TaskWorker zombie = worker();
        TaskWorker other = worker()) {
      CompletableFuture<Void> late =
          CompletableFuture.runAsync(() -> zombie.perform(invocation(run, "one", 1)), threads);
      begun.await();
      CompletableFuture<Void> next =
          CompletableFuture.runAsync(() -> other.perform(invocation(run, "one", 2)), threads);
      go.countDown();
      late.join();
      next.join();

      assertThat(calls.get()).isBetween(1, 2); // two, or the second found the record
      assertThat(run.find("one")).isPresent();
    }
  }

  @Test
  void ownerThatIsGoneWhenTheBodyReturns_hasNothingRecorded() throws Exception {
    OpenRun run = store.open("run");
    try (TaskWorker worker = worker()) {
      CompletableFuture<Void> late =
          CompletableFuture.runAsync(() -> worker.perform(invocation(run, "one", 1)), threads);
      begun.await();
      run.close();
      try (OpenRun next = store.open("run")) {
        go.countDown();

        assertThatThrownBy(late::join).hasCauseInstanceOf(PlacementException.class);
        assertThat(next.find("one")).isEmpty();
      }
    }
  }

  @Test
  void cancel_ofWhatIsNotHere_saysSo() {
    try (OpenRun run = store.open("run");
        TaskWorker worker = worker()) {
      assertThat(worker.cancel(invocation(run, "one", 1))).isFalse();
    }
  }

  @Test
  void progress_isToldToListenersHere_andStepsAreRecorded() {
    List<RunEvent> events = new ArrayList<>();
    try (OpenRun run = store.open("run");
        TaskWorker worker = TaskWorker.builder(store, DagFactories.of(factory))
            .listener(events::add)
            .build()) {
      worker.perform(invocation(run, "telling", 1));

      assertThat(events).singleElement().isInstanceOf(RunEvent.TaskProgressed.class);
      assertThat(run.find("telling/step")).isPresent();
    }
  }

  @Test
  void map_isForTheRunItself() {
    try (OpenRun run = store.open("run");
        TaskWorker worker = worker()) {
      assertThatThrownBy(() -> worker.perform(invocation(run, "map", 1)))
          .isInstanceOf(PlacementException.class)
          .hasMessageContaining("for the run itself");
    }
  }

  @Test
  void dag_isDeclaredOnceForARun() {
    try (OpenRun run = store.open("run");
        TaskWorker worker = worker()) {
      Invocation none = invocation(run, "none", 1);
      Invocation telling = invocation(run, "telling", 1);
      int before = declared.get();
      worker.perform(none);
      worker.perform(telling);

      assertThat(declared.get() - before).isEqualTo(1);
    }
  }

  @Test
  void runsThatAreNotPerformed_areLeftInTheEnd() {
    AtomicInteger open = new AtomicInteger();
    SharedStore counting = new CountingGuests(store, open);
    try (TaskWorker worker = TaskWorker.on(counting, DagFactories.of(factory))) {
      for (int i = 0; i < 30; i++) {
        try (OpenRun run = store.open("run")) {
          worker.perform(invocation(run, i == 0 ? "none" : "telling", i + 1));
        }
        assertThat(open.get()).isLessThan(10);
      }
    }
    assertThat(open).hasValue(0);
  }

  private record CountingGuests(SharedStore inner, AtomicInteger open) implements SharedStore {
    @Override
    public OpenRun open(String runId) {
      return inner.open(runId);
    }

    @Override
    public OpenRun join(String runId, long epoch) {
      OpenRun guest = inner.join(runId, epoch);
      open.incrementAndGet();
      return new OpenRun() {
        @Override
        public Optional<TaskRecord> find(String taskId) {
          return guest.find(taskId);
        }

        @Override
        public CompletionStage<Void> save(TaskRecord record) {
          return guest.save(record);
        }

        @Override
        public void close() {
          open.decrementAndGet();
          guest.close();
        }
      };
    }

    @Override
    public void close() {}
  }
}
