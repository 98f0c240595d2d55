package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Outcome;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.PersistException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tasks that take the outcome of others, which may fail. */
final class OutcomeRunTest {
  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  private final Queue<String> calls = new ConcurrentLinkedQueue<>();
  private final Queue<String> events = new ConcurrentLinkedQueue<>();

  private int called(String id, int value) {
    calls.add(id);
    return value;
  }

  private int failing(String id) {
    calls.add(id);
    throw new IllegalStateException(id + " is broken");
  }

  private Duraflow.Builder on(Store store) {
    Duraflow.Builder builder = Duraflow.builder().listener(event -> {
      if (event instanceof RunEvent.TaskFailed failed) {
        events.add("failed " + failed.taskId());
      } else if (event instanceof RunEvent.TaskSkipped skipped) {
        events.add("skipped " + skipped.taskId() + " for " + skipped.rootCause());
      }
    });
    return store == null ? builder : builder.store(store);
  }

  private static Run awaited(Run run) throws InterruptedException {
    assertThat(run.await(Duration.ofMinutes(1))).isTrue();
    return run;
  }

  @ParameterizedTest
  @EnumSource
  void failure_thatAllTakeAsAnOutcome_isNoFailureOfTheRun(FailurePolicy policy) {
    for (Store store : new Store[] {null, Store.inMemory(), AsyncStore.inMemory()}) {
      events.clear();
      Dag dag = Dag.named("dag");
      Task<Integer> broken = dag.task("broken", () -> failing("broken"));
      Task<Integer> behind = dag.task("behind", broken, n -> called("behind", n));
      Task<Outcome<Integer>> outcome = behind.outcome();
      Task<Integer> instead = broken.orElse(7);
      Task<Integer> next = dag.task("next", instead, n -> n + 1);
      Task<String> told = dag.task("told", outcome, o -> o.failure().toString());
      Run run = on(store).failurePolicy(policy).build().run(dag);
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.failures()).isEmpty();
      assertThat(run.get(next)).isEqualTo(8);
      assertThat(run.get(outcome).failure())
          .isEqualTo(new Outcome.Failure(
              "broken", IllegalStateException.class.getName(), "broken is broken"));
      assertThat(run.get(told))
          .isEqualTo("task 'broken' failed: java.lang.IllegalStateException: broken is broken");
      assertThat(run.completed()).isEqualTo(4);
      assertThat(run.total()).isEqualTo(6);
      assertThat(events).containsExactlyInAnyOrder("failed broken", "skipped behind for broken");
      assertThatThrownBy(() -> run.get(broken)).hasMessageContaining("it failed");
      assertThatThrownBy(() -> run.get(behind))
          .hasMessageContaining("skipped because task 'broken' failed");
    }
  }

  @Test
  void outcomeOfSuccess_isTheOutput_nullIncluded() {
    for (Store store : new Store[] {null, Store.inMemory()}) {
      Dag dag = Dag.named("dag");
      Task<Outcome<Integer>> one = dag.task("one", () -> 1).outcome();
      Task<String> none =
          dag.<String>task("none", () -> null).returns(String.class).orElse("x");
      Run run = on(store).build().run(dag);
      assertThat(run.get(one)).isEqualTo(Outcome.of(1));
      assertThat(run.get(none)).isNull();
    }
  }

  @Test
  void failure_thatSomebodyNeeds_failsTheRun() throws Exception {
    Dag dag = Dag.named("dag");
    Task<Integer> broken = dag.task("broken", () -> failing("broken"));
    Task<Integer> instead = broken.orElse(7);
    Task<Integer> behind = dag.task("behind", broken, n -> n);
    Run run = awaited(on(null).failurePolicy(FailurePolicy.KEEP_GOING).build().start(dag));
    assertThat(run.state()).isEqualTo(RunState.FAILED);
    assertThat(run.failures()).extracting(TaskFailure::taskId).containsExactly("broken");
    assertThat(run.get(instead)).isEqualTo(7);
    assertThatThrownBy(() -> run.get(behind)).hasMessageContaining("skipped");

    assertThatThrownBy(() -> on(null).build().run(dag)).isInstanceOf(RunFailedException.class);
  }

  @Test
  void anotherFailure_isStillOne() throws Exception {
    Dag dag = Dag.named("dag");
    dag.task("broken", () -> failing("broken")).orElse(7);
    dag.task("alone", () -> failing("alone"));
    Run run = awaited(on(null).failurePolicy(FailurePolicy.KEEP_GOING).build().start(dag));
    assertThat(run.state()).isEqualTo(RunState.FAILED);
    assertThat(run.failures()).extracting(TaskFailure::taskId).containsExactly("alone");
  }

  @Test
  void elementOfMap_fails_andTheMapsOutcomeSaysWhich() {
    for (Store store : new Store[] {null, Store.inMemory(), AsyncStore.inMemory()}) {
      Dag dag = Dag.named("dag");
      Task<List<Integer>> source = dag.task("source", () -> List.of(1, 2, 3)).returns(INTEGERS);
      Task<Outcome<List<Integer>>> outcome = dag.map(
              "map", source, String::valueOf, n -> n == 2 ? failing("two") : called("map" + n, n))
          .outcome();
      calls.clear();
      Run run = on(store).build().run(dag);
      assertThat(run.get(outcome).failure().taskId()).isEqualTo("map[2]");
      assertThat(calls).containsExactlyInAnyOrder("map1", "two", "map3");
      assertThat(run.total()).isEqualTo(6);
      assertThat(run.completed()).isEqualTo(4);
    }
  }

  @Test
  void retries_comeBeforeTheOutcome() {
    Dag dag = Dag.named("dag");
    Task<Integer> instead =
        dag.task("broken", () -> failing("broken")).retry(Retry.times(3)).orElse(7);
    assertThat(on(null).build().run(dag).get(instead)).isEqualTo(7);
    assertThat(calls).containsExactly("broken", "broken", "broken");
  }

  @Test
  void resume_keepsTheRecordedOutcome_andDoesNotTryAgain(@TempDir Path directory) {
    for (Store store : List.of(Store.inMemory(), Store.journal(directory))) {
      AtomicBoolean mended = new AtomicBoolean();
      AtomicBoolean ends = new AtomicBoolean();
      Dag dag = Dag.named("dag");
      Task<Integer> broken = dag.task("broken", () -> mended.get() ? 1 : failing("broken"));
      Task<Integer> behind = dag.task("behind", broken, n -> called("behind", n));
      Task<Integer> instead = behind.orElse(7);
      Task<Integer> last = dag.task("last", instead, n -> ends.get() ? n : failing("last"));
      Duraflow duraflow = on(store).build();
      assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("last");
      assertThat(calls).contains("broken");

      calls.clear();
      mended.set(true);
      ends.set(true);
      Run run = duraflow.run(dag);
      assertThat(calls).isEmpty();
      assertThat(run.get(last)).isEqualTo(7);
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.completed()).isEqualTo(2);
      assertThat(run.reused()).isEqualTo(1);
      assertThat(run.total()).isEqualTo(4);
      assertThatThrownBy(() -> run.get(broken)).hasMessageContaining("when the run was resumed");
      Run again = duraflow.run(dag);
      assertThat(again.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(calls).isEmpty();
      store.close();
    }
  }

  @Test
  void resume_triesAgainWhatSomebodyNeeds_andKeepsRecordedOutcomes() {
    Store store = Store.inMemory();
    AtomicBoolean mended = new AtomicBoolean();
    Dag dag = Dag.named("dag");
    Task<Integer> broken = dag.task("broken", () -> mended.get() ? 1 : failing("broken"));
    Task<Integer> instead = broken.orElse(7);
    Duraflow duraflow = on(store).build();
    assertThat(duraflow.run(dag).get(instead)).isEqualTo(7);

    mended.set(true);
    Task<Integer> behind = dag.task("behind", broken, n -> called("behind", n));
    Run run = duraflow.run(dag);
    assertThat(run.get(behind)).isEqualTo(1);
    assertThat(run.get(instead)).isEqualTo(7);
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(run.completed()).isEqualTo(run.total()).isEqualTo(3);
  }

  @Test
  void storeThatFails_isNoOutcome() throws Exception {
    for (FailurePolicy policy : FailurePolicy.values()) {
      Store memory = Store.inMemory();
      Store store = new StoreAround(
          memory,
          (run, record) -> record.taskId().equals("task")
              ? StoreAround.failed(new IOException("full"))
              : run.save(record));
      Dag dag = Dag.named("dag");
      Task<Integer> instead = dag.task("task", () -> called("task", 1)).orElse(7);
      Run run = awaited(on(store).failurePolicy(policy).build().start(dag));
      assertThat(run.state()).isEqualTo(RunState.FAILED);
      assertThat(run.failures())
          .extracting(TaskFailure::cause)
          .hasOnlyElementsOfType(PersistException.class);
      assertThat(on(memory).build().run(dag).get(instead)).isEqualTo(1);
    }
  }

  @Test
  void message_thatCannotBeEncodedOrAsked() {
    Dag dag = Dag.named("dag");
    Task<Outcome<Integer>> odd = dag.<Integer>task("odd", () -> {
          throw new IllegalStateException("half \ud800 a pair" + "x".repeat(10_000));
        })
        .returns(Integer.class)
        .outcome();
    Task<Outcome<Integer>> mean = dag.<Integer>task("mean", () -> {
          throw new IllegalStateException() {
            @Override
            public String getMessage() {
              throw new IllegalArgumentException();
            }
          };
        })
        .returns(Integer.class)
        .outcome();
    Store store = Store.inMemory();
    on(store).build().run(dag);
    Run run = on(store).build().run(dag);
    assertThat(run.get(odd).failure().message())
        .startsWith("half ? a pairxx")
        .hasSizeLessThan(3_000);
    assertThat(run.get(mean).failure().message()).isEmpty();
  }

  @Test
  void cancelledTask_hasNoOutcome() throws Exception {
    Store store = Store.inMemory();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    Dag dag = Dag.named("dag");
    Task<Integer> waits = dag.task("waits", () -> {
      begun.countDown();
      never.await();
      return 1;
    });
    Task<Integer> instead = waits.orElse(7);
    Run run = on(store).build().start(dag);
    begun.await();
    run.cancel();
    awaited(run);
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThat(run.failures()).isEmpty();
    never.countDown();
    assertThat(on(store).build().run(dag).get(instead)).isEqualTo(1);
  }
}
