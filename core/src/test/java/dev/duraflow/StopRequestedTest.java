package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunLostException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A store that wants a run to stop. */
final class StopRequestedTest {
  private final CompletableFuture<String> stop = new CompletableFuture<>();
  private final Store inner = Store.inMemory();

  private final Store store = new Store() {
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
          return stop.isCompletedExceptionally() ? stop.thenAccept(who -> {}) : run.save(record);
        }

        @Override
        public CompletionStage<String> stopRequested() {
          return stop;
        }

        @Override
        public void close() {
          run.close();
        }
      };
    }

    @Override
    public void close() {}
  };

  private final CountDownLatch began = new CountDownLatch(1);
  private final CountDownLatch never = new CountDownLatch(1);

  private Run begun() throws InterruptedException {
    Dag dag = Dag.named("long");
    dag.task("waits", () -> {
      began.countDown();
      never.await();
      return 1;
    });
    Run run = Duraflow.builder().store(store).build().start(dag, "run");
    began.await();
    return run;
  }

  @Test
  void cancellation_endsTheRun_andNamesWhoAsked() throws InterruptedException {
    Run run = begun();
    stop.complete("somebody");
    assertThatThrownBy(run::await)
        .isInstanceOf(RunCancelledException.class)
        .hasMessageContaining("was cancelled by somebody with 0 of 1");
  }

  @Test
  void loss_interruptsWhatRuns_andFailsTheRunAsLost() throws InterruptedException {
    Run run = begun();
    RunLostException lost = new RunLostException("run", "another has it");
    stop.completeExceptionally(lost);
    assertThatThrownBy(run::await).isSameAs(lost);
    assertThat(run.state()).isEqualTo(RunState.FAILED);
  }

  @Test
  void loss_foundByASave_failsTheRunAsLost() {
    RunLostException lost = new RunLostException("run", "another has it");
    Dag dag = Dag.named("short");
    dag.task("loses", () -> stop.completeExceptionally(lost));
    Duraflow duraflow = Duraflow.builder().store(store).maxConcurrency(1).build();
    assertThatThrownBy(() -> duraflow.run(dag, "run")).isSameAs(lost);
  }

  @Test
  void request_beforeTheRunBegins_isHeeded() {
    stop.complete("somebody");
    Dag dag = Dag.named("short");
    dag.task("waits", () -> {
      never.await();
      return 1;
    });
    Duraflow duraflow = Duraflow.builder().store(store).build();
    assertThatThrownBy(() -> duraflow.run(dag, "run")).isInstanceOf(RunCancelledException.class);
  }
}
