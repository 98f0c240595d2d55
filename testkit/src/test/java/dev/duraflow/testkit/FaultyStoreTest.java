package dev.duraflow.testkit;

import static dev.duraflow.testkit.ContractRun.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.PersistException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class FaultyStoreTest {
  private final Store inner = Store.inMemory();
  private final FaultyStore store = FaultyStore.over(inner);

  private static CompletableFuture<Void> save(OpenRun run, String taskId) {
    return run.save(record(taskId, "\"" + taskId + "\"")).toCompletableFuture();
  }

  private static Throwable failureOf(CompletionStage<Void> stage) {
    return catchThrowableOfType(
            CompletionException.class, () -> stage.toCompletableFuture().join())
        .getCause();
  }

  /** What a new process finds. */
  private static List<String> found(Store store, String... taskIds) {
    List<String> found = new ArrayList<>();
    try (OpenRun run = store.open("run")) {
      for (String taskId : taskIds) {
        run.find(taskId).ifPresent(record -> found.add(record.taskId()));
      }
    }
    return found;
  }

  @Test
  void failSave_failsTheOneWithTheNumber() {
    store.failSave(2);
    try (OpenRun run = store.open("run")) {
      assertThat(save(run, "a")).isCompleted();
      assertThat(failureOf(save(run, "b")))
          .isInstanceOf(StoreException.class)
          .hasMessage("injected fault: save 2 fails");
      assertThat(save(run, "c")).isCompleted();
      assertThat(save(run, "b")).isCompleted();
      assertThat(store.saves()).isEqualTo(4);
    }
    assertThat(found(inner, "a", "b", "c")).containsExactly("a", "b", "c");
  }

  @Test
  void failSaveOf_failsEverySaveOfTheTasks_untilItIsMended() {
    IOException full = new IOException("no space left on device");
    store.failSaveOf("b", full).failSaveOf("c", "d");
    try (OpenRun run = store.open("run")) {
      assertThat(failureOf(save(run, "b"))).isSameAs(full);
      assertThat(failureOf(run.saveNow(record("b", "1")))).isSameAs(full);
      assertThat(failureOf(save(run, "d")))
          .hasMessage("injected fault: every save of task 'd' fails");
      assertThat(run.find("b")).isEmpty();
      store.mend();
      assertThat(save(run, "b")).isCompleted();
      assertThat(run.find("b")).isPresent();
    }
  }

  @Test
  void failSaveOf_inARun_failsTheTaskAndTheRunGoesOnWhenMended() {
    Dag dag = Dag.named("dag");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, n -> n + 1);
    Duraflow duraflow =
        Duraflow.builder().store(store.failSaveOf("b")).maxConcurrency(1).build();
    assertThatThrownBy(() -> duraflow.run(dag))
        .isInstanceOf(RunFailedException.class)
        .cause()
        .isInstanceOf(PersistException.class)
        .hasMessageContaining("task 'b'");
    store.mend();
    assertThat(duraflow.run(dag).reused()).isEqualTo(1);
    assertThat(duraflow.run(dag).get(b)).isEqualTo(2);
  }

  @Test
  void failedSave_ofAPipelinedRun_failsAllLaterOnes() {
    store.failSave(2);
    try (OpenRun run = store.open("run", Durability.PIPELINED);
        OpenRun other = store.open("other", Durability.PIPELINED)) {
      assertThat(save(run, "a")).isCompleted();
      Throwable failure = failureOf(save(run, "b"));
      assertThat(failureOf(save(run, "c"))).isSameAs(failure);
      assertThat(save(other, "c")).isCompleted();
    }
    assertThat(found(inner, "a", "b", "c")).containsExactly("a");
  }

  @Test
  void delaySave_holdsBackLaterOnesAndFlushesOfItsRun() {
    CompletableFuture<Void> goOn = new CompletableFuture<>();
    store.delaySaveOf("b", goOn);
    try (OpenRun run = store.open("run");
        OpenRun other = store.open("other")) {
      assertThat(save(run, "a")).isCompleted();
      CompletableFuture<Void> b = save(run, "b");
      CompletableFuture<Void> c = save(run, "c");
      CompletableFuture<Void> flush = run.flush().toCompletableFuture();
      assertThat(save(other, "d")).isCompleted();
      assertThat(b).isNotDone();
      assertThat(c).isNotDone();
      assertThat(flush).isNotDone();
      assertThat(run.find("b")).isEmpty();
      assertThat(run.find("c")).isEmpty();
      goOn.complete(null);
      assertThat(b).isCompleted();
      assertThat(c).isCompleted();
      assertThat(flush).isCompleted();
      assertThat(run.find("c")).isPresent();
    }
  }

  @Test
  void delaySave_twice_goesOnInOrder() {
    CompletableFuture<Void> first = new CompletableFuture<>();
    CompletableFuture<Void> second = new CompletableFuture<>();
    store.delaySave(1, first).delaySave(3, second);
    try (OpenRun run = store.open("run")) {
      List<CompletableFuture<Void>> saves =
          List.of(save(run, "a"), save(run, "b"), save(run, "c"), save(run, "d"));
      second.complete(null);
      assertThat(saves).noneMatch(CompletableFuture::isDone);
      first.completeExceptionally(new IOException("completed in whatever way"));
      assertThat(saves).allMatch(CompletableFuture::isDone);
      assertThat(save(run, "e")).isCompleted();
    }
    assertThat(found(inner, "a", "b", "c", "d", "e")).hasSize(5);
  }

  @Test
  void delayedSave_holdsUpTheTasksThatWaitForIt_andNoOthers() throws InterruptedException {
    CompletableFuture<Void> goOn = new CompletableFuture<>();
    AtomicInteger dependents = new AtomicInteger();
    Dag dag = Dag.named("dag");
    Task<Integer> a = dag.task("a", () -> 1);
    dag.task("after-a", a, n -> dependents.incrementAndGet());
    CompletableFuture<Void> otherRan = new CompletableFuture<>();
    dag.task("other", () -> otherRan.complete(null));
    Duraflow duraflow = Duraflow.builder().store(store.delaySaveOf("a", goOn)).build();
    Run run = duraflow.start(dag);
    otherRan.join();
    assertThat(dependents).hasValue(0);
    assertThat(run.state()).isEqualTo(RunState.RUNNING);
    goOn.complete(null);
    assertThat(run.await().completed()).isEqualTo(3);
  }

  @Test
  void failFind_throws() {
    store.failFind("a").failFind("b", new CorruptRecordException("damaged", null));
    try (OpenRun run = store.open("run")) {
      assertThatThrownBy(() -> run.find("a"))
          .isInstanceOf(StoreException.class)
          .hasMessage("injected fault: every find of task 'a' fails");
      assertThatThrownBy(() -> run.find("b")).isInstanceOf(CorruptRecordException.class);
      assertThat(run.find("c")).isEmpty();
    }
  }

  @Test
  void failOpen_throwsAndTakesNothing() {
    Instant since = Instant.EPOCH;
    store.failOpen(
        new RunLockedException("run", new RunLockedException.Holder("elsewhere", 1, since)));
    assertThatThrownBy(() -> store.open("run")).isInstanceOf(RunLockedException.class);
    assertThatThrownBy(() -> store.open("run", Durability.STRICT))
        .isInstanceOf(RunLockedException.class);
    inner.open("run").close();
    store.failOpen();
    assertThatThrownBy(() -> store.open("run")).hasMessage("injected fault: every open fails");
  }

  @Test
  void failFlush_failsTheTaskThatWaitsForIt() {
    Dag dag = Dag.named("dag");
    Task<Integer> a = dag.task("a", () -> 1);
    dag.task("charge", a, n -> n).external();
    Duraflow duraflow = Duraflow.builder()
        .store(store.failFlush(new IOException("lost the disk")))
        .durability(Durability.PIPELINED)
        .build();
    assertThatThrownBy(() -> duraflow.run(dag))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("task 'charge'")
        .hasRootCauseMessage("lost the disk");
  }

  @Test
  void crashBeforeSave_letsNothingThroughFromThenOn() {
    AtomicInteger notes = new AtomicInteger();
    Store noting = around(run -> new RunAround(run) {
      @Override
      CompletionStage<Void> save(TaskRecord record, Saving saving) {
        return saving.save(record);
      }

      @Override
      public void note(RunNote note) {
        notes.incrementAndGet();
      }
    });
    FaultyStore mortal = FaultyStore.over(noting).crashBeforeSave(2);
    OpenRun run = mortal.open("run");
    assertThat(save(run, "a")).isCompleted();
    Throwable death = failureOf(save(run, "b"));
    assertThat(death).hasMessage("injected fault: crash before save 2");
    assertThat(failureOf(save(run, "c"))).isSameAs(death);
    assertThat(failureOf(run.flush())).isSameAs(death);
    assertThatThrownBy(() -> run.find("a")).isSameAs(death);
    assertThatThrownBy(() -> mortal.open("other")).isSameAs(death);
    run.note(new RunNote.Ended(RunState.FAILED, Instant.EPOCH, 1, 2));
    assertThat(notes).hasValue(0);
    run.close();
    assertThat(found(inner, "a", "b", "c")).containsExactly("a");
  }

  @Test
  void crashAfterSave_keepsTheRecordAndTellsNobody() {
    store.crashAfterSave(2, new IOException("power"));
    OpenRun run = store.open("run");
    assertThat(save(run, "a")).isCompleted();
    assertThat(failureOf(save(run, "b"))).hasMessage("power");
    assertThat(failureOf(save(run, "c"))).hasMessage("power");
    assertThatThrownBy(() -> run.find("a"))
        .isInstanceOf(StoreException.class)
        .hasRootCauseMessage("power");
    run.close();
    assertThat(found(inner, "a", "b", "c")).containsExactly("a", "b");
    store.mend();
    assertThat(found(store, "a", "b", "c")).containsExactly("a", "b");
  }

  /** Between the save that it will not survive and its end, nothing else gets through. */
  @Test
  void crashAfterSave_ofAStoreThatTakesItsTime_losesWhatCameLater() {
    CompletableFuture<Void> written = new CompletableFuture<>();
    Store slow = around(run -> new RunAround(run) {
      @Override
      CompletionStage<Void> save(TaskRecord record, Saving saving) {
        CompletionStage<Void> saved = saving.save(record);
        return record.taskId().equals("b") ? saved.thenCompose(done -> written) : saved;
      }
    });
    FaultyStore mortal = FaultyStore.over(slow).crashAfterSave(2);
    OpenRun run = mortal.open("run");
    assertThat(save(run, "a")).isCompleted();
    CompletableFuture<Void> b = save(run, "b");
    CompletableFuture<Void> c = save(run, "c");
    assertThat(b).isNotDone();
    assertThat(c).isNotDone();
    written.complete(null);
    assertThat(failureOf(b)).hasMessage("injected fault: crash after save 2");
    assertThat(failureOf(c)).hasMessage("injected fault: crash after save 2");
    run.close();
    assertThat(found(inner, "a", "b", "c")).containsExactly("a", "b");
  }

  @Test
  void crashAfterSave_thatTheOtherStoreRefuses_isNoCrash() {
    FaultyStore below = FaultyStore.over(inner).failSave(1);
    OpenRun run = FaultyStore.over(below).crashAfterSave(1).open("run");
    assertThat(failureOf(save(run, "a"))).hasMessage("injected fault: save 1 fails");
    assertThat(save(run, "b")).isCompleted();
    run.close();
  }

  @Test
  void crash_losesWhatIsHeldBack() {
    store.delaySave(1, new CompletableFuture<>()).crashBeforeSave(3);
    OpenRun run = store.open("run");
    List<CompletableFuture<Void>> saves = List.of(save(run, "a"), save(run, "b"), save(run, "c"));
    assertThat(saves).allMatch(CompletableFuture::isCompletedExceptionally);
    run.close();
    assertThat(found(inner, "a", "b", "c")).isEmpty();
  }

  @Test
  void crash_inARun_resumesOnTheStoreBelow() {
    Dag dag = Dag.named("dag");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, n -> n + 1);
    Duraflow dying = Duraflow.builder().store(store.crashAfterSave(1)).build();
    assertThatThrownBy(() -> dying.run(dag)).isInstanceOf(RunFailedException.class);
    Run run = Duraflow.builder().store(inner).build().run(dag);
    assertThat(run.reused()).isEqualTo(1);
    assertThat(run.get(b)).isEqualTo(2);
  }

  @Test
  void numbers_areChecked() {
    assertThatThrownBy(() -> store.failSave(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the number of a save must be >= 1: 0");
  }

  @Test
  void close_leavesTheOtherStoreOpen() {
    try (FaultyStore closed = store;
        OpenRun run = closed.open("run")) {
      assertThat(save(run, "a")).isCompleted();
    }
    assertThat(found(inner, "a")).containsExactly("a");
  }

  /** The store of this test with something around its runs. */
  private Store around(UnaryOperator<OpenRun> around) {
    return new Store() {
      @Override
      public OpenRun open(String runId) {
        return around.apply(inner.open(runId));
      }

      @Override
      public void close() {}
    };
  }
}
