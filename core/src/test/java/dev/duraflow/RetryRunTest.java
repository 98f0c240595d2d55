package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Attempt;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class RetryRunTest {
  private final ManualTime time = new ManualTime();
  private final List<RunEvent> events = new CopyOnWriteArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();

  private Duraflow.Builder builder() {
    return Duraflow.builder()
        .scheduler(time)
        .clock(time.clock())
        .random(() -> 0.5)
        .listener(events::add);
  }

  private String failsUntil(int attempt) throws IOException {
    int call = calls.incrementAndGet();
    if (call < attempt) {
      throw new IOException("call " + call);
    }
    return "at " + call;
  }

  private List<Duration> delays() {
    return events.stream()
        .filter(RunEvent.AttemptFailed.class::isInstance)
        .map(event -> ((RunEvent.AttemptFailed) event).delay())
        .toList();
  }

  @Test
  void retry_withoutDelay_triesUntilItSucceeds() {
    Dag dag = Dag.named("dag");
    Task<String> flaky = dag.task("flaky", () -> failsUntil(3)).retry(Retry.times(3));
    Task<Integer> after = dag.task("after", flaky, String::length);
    assertThat(builder().build().run(dag).get(after)).isEqualTo(4);
    assertThat(delays()).containsExactly(Duration.ZERO, Duration.ZERO);
  }

  @Test
  void retry_whenAttemptsAreUsedUp_failsWithTheLastCause() {
    Dag dag = Dag.named("dag");
    dag.task("flaky", () -> failsUntil(9)).retry(Retry.times(3));
    assertThatThrownBy(() -> builder().build().run(dag))
        .isInstanceOf(RunFailedException.class)
        .cause()
        .hasMessage("call 3");
    assertThat(calls).hasValue(3);
  }

  @Test
  void backoff_waitsTwiceAsLongEachTime_upToTheLongest_andHoldsNoThread() throws Exception {
    Dag dag = Dag.named("dag");
    Task<String> flaky = dag.task("flaky", () -> failsUntil(5))
        .retry(Retry.times(5).backoff(Duration.ofSeconds(1), Duration.ofSeconds(3)));
    Run run = builder().build().start(dag);
    for (int seconds : new int[] {1, 2, 3, 3}) {
      time.awaitWaiting(1);
      int before = calls.get();
      time.advance(Duration.ofSeconds(seconds).minusNanos(1));
      assertThat(calls).hasValue(before);
      assertThat(time.waiting()).isEqualTo(1);
      time.advance(Duration.ofNanos(1));
    }
    assertThat(run.await().get(flaky)).isEqualTo("at 5");
  }

  @Test
  void jitter_takesARandomPartAway() throws Exception {
    Dag dag = Dag.named("dag");
    dag.task("flaky", () -> failsUntil(2))
        .retry(Retry.times(2).backoff(Duration.ofSeconds(8)).jitter(0.5));
    Run run = builder().build().start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(6));
    run.await();
    assertThat(delays()).containsExactly(Duration.ofSeconds(6));
  }

  @Test
  void retryIf_thatSaysNo_orThrows_failsTheTask() {
    Dag dag = Dag.named("dag");
    dag.task("flaky", () -> failsUntil(2))
        .retry(Retry.times(3).retryIf(e -> !(e instanceof IOException)));
    assertThatThrownBy(() -> builder().build().run(dag)).hasMessageContaining("call 1");

    calls.set(0);
    Dag broken = Dag.named("broken");
    broken.task("flaky", () -> failsUntil(2)).retry(Retry.times(3).retryIf(e -> {
      throw new IllegalStateException("no idea");
    }));
    assertThatThrownBy(() -> builder().build().run(broken))
        .cause()
        .hasMessage("call 1")
        .hasSuppressedException(new IllegalStateException("no idea"));
  }

  @Test
  void defaults_areTheTasksOwn_elseTheDags_elseTheEngines() {
    Dag dag = Dag.named("dag").retry(Retry.times(4));
    Task<String> task = dag.task("flaky", () -> failsUntil(4));
    assertThat(builder().retry(Retry.never()).build().run(dag).get(task)).isEqualTo("at 4");

    calls.set(0);
    task.retry(Retry.times(2));
    assertThatThrownBy(() -> builder().build().run(dag)).hasMessageContaining("call 2");

    calls.set(0);
    Dag plain = Dag.named("plain");
    Task<String> flaky = plain.task("flaky", () -> failsUntil(3));
    assertThat(builder().retry(Retry.times(3)).build().run(plain).get(flaky)).isEqualTo("at 3");
  }

  @Test
  void mapElement_isRetriedByItself() {
    Dag dag = Dag.named("dag");
    AtomicInteger other = new AtomicInteger();
    Task<List<Integer>> numbers =
        dag.task("numbers", () -> List.of(1, 2, 3)).returns(new TypeRef<>() {});
    Task<List<Integer>> doubled = dag.map("double", numbers, String::valueOf, n -> {
          if (n == 2) {
            failsUntil(3);
          } else {
            other.incrementAndGet();
          }
          return 2 * n;
        })
        .retry(Retry.times(3));
    assertThat(builder().build().run(dag).get(doubled)).containsExactly(2, 4, 6);
    assertThat(calls).hasValue(3);
    assertThat(other).hasValue(2);
  }

  @Test
  void cancel_givesUpWhatWaits() throws Exception {
    Dag dag = Dag.named("dag");
    for (int i = 0; i < 100; i++) {
      dag.task("flaky-" + i, () -> failsUntil(1_000))
          .retry(Retry.times(9).backoff(Duration.ofDays(1)));
    }
    Run run = builder().build().start(dag);
    time.awaitWaiting(100);
    run.cancel();
    assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
    time.awaitWaiting(0);
    assertThat(calls).hasValue(100);
  }

  @Test
  void otherTasks_goOnWhileOneWaits() throws Exception {
    Dag dag = Dag.named("dag");
    Task<String> flaky =
        dag.task("flaky", () -> failsUntil(2)).retry(Retry.times(2).backoff(Duration.ofHours(1)));
    Task<String> other = dag.task("other", () -> "other");
    Task<String> after = dag.task("after", other, flaky, (a, b) -> a + " " + b);
    Run run = builder().maxConcurrency(1).build().start(dag);
    time.awaitWaiting(1);
    while (run.completed() < 1) {
      Thread.onSpinWait();
    }
    assertThat(run.get(other)).isEqualTo("other");
    time.advance(Duration.ofHours(1));
    assertThat(run.await().get(after)).isEqualTo("other at 2");
  }

  @Test
  void attempts_areRecorded_andGoOnCountingWhenTheRunIsResumed(@TempDir Path directory)
      throws Exception {
    Dag dag = Dag.named("dag");
    List<Integer> numbers = new ArrayList<>();
    Task<String> flaky = dag.task("flaky", () -> {
          numbers.add(TaskContext.current().attempt());
          return failsUntil(4);
        })
        .retry(Retry.times(2));
    try (Store store = Store.journal(directory);
        Duraflow duraflow = builder().store(store).build()) {
      assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("call 2");
      assertThat(duraflow.run(dag).get(flaky)).isEqualTo("at 4");
      assertThat(numbers).containsExactly(1, 2, 3, 4);
      try (RunHistory history = Store.journal(directory).read("dag")) {
        List<Attempt> attempts = history.attempts().toList();
        assertThat(attempts).extracting(Attempt::number).containsExactly(1, 2, 3, 4);
        assertThat(attempts.get(2).failure().orElseThrow()).contains("IOException: call 3");
        assertThat(attempts.get(3).failure()).isEmpty();
      }
    }
  }

  @Test
  void acrossProcesses_attemptsOfEarlierOnesCount(@TempDir Path directory) {
    Dag dag = Dag.named("dag");
    dag.task("flaky", () -> failsUntil(9)).retry(Retry.times(3).acrossProcesses());
    try (Duraflow duraflow = builder().store(directory).build()) {
      assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("call 3");
      assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("call 4");
    }
  }

  /** Only the journal has a history; in the others an attempt that failed leaves no trace beyond its process. */
  @ParameterizedTest
  @ValueSource(strings = {"memory", "files"})
  void storesWithoutHistory_countAttemptsAnew_andKeepThatOfTheOutput(
      String kind, @TempDir Path directory) {
    Dag dag = Dag.named("dag");
    List<Integer> numbers = new ArrayList<>();
    Task<String> flaky = dag.task("flaky", () -> {
          numbers.add(TaskContext.current().attempt());
          return failsUntil(5);
        })
        .retry(Retry.times(3).acrossProcesses());
    try (Store store = kind.equals("memory") ? Store.inMemory() : Store.files(directory)) {
      Duraflow duraflow = builder().store(store).build();
      assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("call 3");
      assertThat(duraflow.run(dag).get(flaky)).isEqualTo("at 5");
      assertThat(numbers).containsExactly(1, 2, 3, 1, 2);
      try (OpenRun run = store.open("dag")) {
        assertThat(run.find("flaky").orElseThrow().attempt()).isEqualTo(2);
        assertThat(run.failedAttempts("flaky")).isZero();
      }
    }
  }

  @Test
  void schedulerThatRefuses_failsTheTaskWithBoth() {
    Dag dag = Dag.named("dag");
    dag.task("flaky", () -> failsUntil(2)).retry(Retry.times(2).backoff(Duration.ofSeconds(1)));
    var scheduler = java.util.concurrent.Executors.newScheduledThreadPool(1);
    scheduler.shutdown();
    Duraflow duraflow = Duraflow.builder().scheduler(scheduler).build();
    assertThatThrownBy(() -> duraflow.run(dag))
        .isInstanceOf(RunFailedException.class)
        .cause()
        .hasMessage("call 1")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(duraflow.start(dag).state()).isNotEqualTo(RunState.CANCELLED);
  }
}
