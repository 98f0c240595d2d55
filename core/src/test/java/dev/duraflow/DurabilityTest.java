package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What tasks wait for. */
final class DurabilityTest {
  private final Slow slow = new Slow(Store.inMemory());
  private final CountDownLatch secondRan = new CountDownLatch(1);
  private final CountDownLatch toldTheWorld = new CountDownLatch(1);

  private Run start(Durability durability) {
    Dag dag = Dag.named("durability");
    Task<Integer> first = dag.task("first", () -> 1);
    Task<Integer> second = dag.task("second", first, x -> {
      secondRan.countDown();
      return x + 1;
    });
    dag.task("third", second, x -> {
          toldTheWorld.countDown();
          return x + 1;
        })
        .external();
    return Duraflow.builder().store(slow).durability(durability).build().start(dag);
  }

  @Test
  void strict_startsATaskWhenItsInputsAreDurable() throws InterruptedException {
    Run run = start(Durability.STRICT);
    slow.awaitSaves(1);
    assertThat(secondRan.getCount()).isEqualTo(1);
    assertThat(run.completed()).isZero();
    slow.acknowledge(0);
    slow.awaitSaves(2);
    assertThat(secondRan.getCount()).isZero();
    slow.acknowledge(1);
    slow.awaitSaves(3);
    slow.acknowledge(2);
    assertThat(run.await().state()).isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void pipelined_doesNotWait_butForAnExternalTask_andAtTheEnd() throws InterruptedException {
    Run run = start(Durability.PIPELINED);
    slow.awaitSaves(2);
    assertThat(secondRan.getCount()).isZero();
    slow.acknowledge(0);
    assertThat(toldTheWorld.getCount()).isEqualTo(1);
    slow.acknowledge(1);
    slow.awaitSaves(3);
    assertThat(toldTheWorld.getCount()).isZero();
    assertThat(run.state()).isEqualTo(RunState.RUNNING);
    slow.acknowledge(2);
    assertThat(run.await().state()).isEqualTo(RunState.SUCCEEDED);
  }

  /** It was a NullPointerException. */
  @Test
  void pipelined_withoutStore_runsAnExternalTaskLikeAnother() {
    Dag dag = Dag.named("dag");
    Task<Integer> input = dag.task("input", () -> 1);
    Task<Integer> call = dag.task("call", input, n -> n + 1).external();
    Duraflow duraflow = Duraflow.builder().durability(Durability.PIPELINED).build();
    assertThat(duraflow.run(dag).get(call)).isEqualTo(2);
  }

  @ParameterizedTest
  @EnumSource(Durability.class)
  void journal_isResumedUnderEveryDurability(Durability durability, @TempDir Path directory) {
    Dag dag = Dag.named("journal");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, x -> x + 1).external();
    for (int process = 0; process < 2; process++) {
      try (Store store = Store.journal(directory);
          Duraflow duraflow =
              Duraflow.builder().store(store).durability(durability).build()) {
        Run run = duraflow.run(dag);
        assertThat(run.get(b)).isEqualTo(2);
        assertThat(run.reused()).isEqualTo(2 * process);
      }
    }
  }

  /** Saves at once, and acknowledges when it is told to. */
  private static final class Slow implements Store {
    private final Store inner;
    private final List<CompletableFuture<Void>> saves = new CopyOnWriteArrayList<>();

    Slow(Store inner) {
      this.inner = inner;
    }

    void awaitSaves(int count) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (saves.size() < count) {
        assertThat(System.nanoTime())
            .as("saves within a minute: %d", saves.size())
            .isLessThan(end);
        Thread.onSpinWait();
      }
    }

    void acknowledge(int save) {
      saves.get(save).complete(null);
    }

    @Override
    public OpenRun open(String runId) {
      OpenRun run = inner.open(runId);
      return new OpenRun() {
        @Override
        public Optional<TaskRecord> find(String taskId) {
          return run.find(taskId);
        }

        @Override
        public CompletionStage<Void> save(TaskRecord record) {
          CompletableFuture<Void> acknowledged = new CompletableFuture<>();
          run.save(record);
          saves.add(acknowledged);
          return acknowledged;
        }

        @Override
        public CompletionStage<Void> flush() {
          return CompletableFuture.allOf(saves.toArray(new CompletableFuture<?>[0]));
        }

        @Override
        public void close() {
          run.close();
        }
      };
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
