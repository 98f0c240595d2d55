package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.TaskTimeoutException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class TimeoutRunTest {
  private final ManualTime time = new ManualTime();
  private final List<RunEvent> events = new CopyOnWriteArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();
  private final CountDownLatch never = new CountDownLatch(1);

  @AfterEach
  void letGo() {
    never.countDown();
  }

  private Duraflow.Builder builder() {
    return Duraflow.builder()
        .scheduler(time)
        .clock(time.clock())
        .gracePeriod(Duration.ofSeconds(10))
        .listener(events::add);
  }

  private int block() throws InterruptedException {
    calls.incrementAndGet();
    never.await();
    return 1;
  }

  /** Whatever interrupts it. */
  private int blockForGood() {
    calls.incrementAndGet();
    boolean goOn = true;
    while (goOn) {
      try {
        never.await();
        goOn = false;
      } catch (InterruptedException e) {
        // not heeded
      }
    }
    return 1;
  }

  @Test
  void timeout_interruptsTheBody_andSaysWhatRanHowLong() throws Exception {
    Dag dag = Dag.named("dag");
    dag.task("slow", this::block).timeout(Duration.ofSeconds(5));
    Run run = builder().build().start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(5));
    assertThatThrownBy(run::await)
        .cause()
        .isInstanceOf(TaskTimeoutException.class)
        .hasMessage("task 'slow' was interrupted after 5.0 s, and its timeout is 5.0 s; "
            + "it has no attempt left");
    time.awaitWaiting(0);
  }

  @Test
  void timeout_isOfEachAttempt() throws Exception {
    Dag dag = Dag.named("dag");
    Task<Integer> slow = dag.task("slow", () -> calls.get() < 2 ? block() : 7)
        .timeout(Duration.ofSeconds(5))
        .retry(Retry.times(3).backoff(Duration.ofSeconds(1)));
    Run run = builder().build().start(dag);
    for (int attempt = 0; attempt < 2; attempt++) {
      time.awaitWaiting(1 + attempt);
      time.advance(Duration.ofSeconds(5));
      awaitFailedAttempts(attempt + 1, 2 + attempt); // the delay, and grace periods
      time.advance(Duration.ofSeconds(1));
    }
    assertThat(run.await().get(slow)).isEqualTo(7);
    assertThat(events)
        .filteredOn(RunEvent.AttemptFailed.class::isInstance)
        .extracting(event -> ((RunEvent.AttemptFailed) event).cause().getMessage())
        .containsExactly(
            "task 'slow' was interrupted after 5.0 s, and its timeout is 5.0 s; it has 2 attempts left",
            "task 'slow' was interrupted after 5.0 s, and its timeout is 5.0 s; it has 1 attempt left");
  }

  /** Returns when attempts have failed and so much waits for its time. */
  private void awaitFailedAttempts(int count, int waiting) throws InterruptedException {
    while (events.stream().filter(RunEvent.AttemptFailed.class::isInstance).count() < count) {
      Thread.onSpinWait();
    }
    time.awaitWaiting(waiting);
  }

  @Test
  void timeout_ofABodyThatReturnsAllTheSame_hasFailed() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    Dag dag = Dag.named("dag");
    dag.task("slow", () -> {
          try {
            return block();
          } catch (InterruptedException e) {
            interrupted.countDown();
            return 2;
          }
        })
        .timeout(Duration.ofSeconds(5));
    Run run = builder().build().start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(5));
    interrupted.await();
    assertThatThrownBy(run::await).cause().isInstanceOf(TaskTimeoutException.class);
  }

  @Test
  void totalTimeout_coversAttemptsAndDelays() throws Exception {
    Dag dag = Dag.named("dag");
    dag.task("slow", () -> {
          calls.incrementAndGet();
          throw new IllegalStateException("call " + calls);
        })
        .totalTimeout(Duration.ofSeconds(5))
        .retry(Retry.times(100).backoff(Duration.ofSeconds(2)));
    Run run = builder().build().start(dag);
    awaitFailedAttempts(1, 1);
    time.advance(Duration.ofSeconds(2));
    awaitFailedAttempts(2, 1);
    time.advance(Duration.ofSeconds(2));
    assertThatThrownBy(run::await).cause().hasMessage("call 3"); // the next would come at 6 s
  }

  @Test
  void bodyThatDoesNotHeedItsTimeout_isLeftBehind_andTheRunGoesOn() throws Exception {
    Dag dag = Dag.named("dag");
    Task<Integer> stuck = dag.task("stuck", () -> calls.get() < 1 ? blockForGood() : 5)
        .timeout(Duration.ofSeconds(5))
        .retry(Retry.times(2));
    Task<Integer> after = dag.task("after", stuck, n -> n + 1);
    Run run = builder().maxConcurrency(1).build().start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(5));
    assertThat(run.state()).isEqualTo(RunState.RUNNING);
    time.advance(Duration.ofSeconds(10));
    assertThat(run.await().get(after)).isEqualTo(6);
    assertThat(events)
        .filteredOn(RunEvent.TaskAbandoned.class::isInstance)
        .singleElement()
        .satisfies(event -> assertThat(((RunEvent.TaskAbandoned) event).elapsed())
            .isEqualTo(Duration.ofSeconds(15)));
  }

  /** It got a fresh context, and its steps were recorded. */
  @Test
  void bodyThatIsLeftBehind_hasAContextThatIsOver() throws Exception {
    CompletableFuture<Throwable> refused = new CompletableFuture<>();
    Dag dag = Dag.named("dag");
    dag.task("stuck", () -> {
          blockForGood();
          try {
            refused.complete(new AssertionError(TaskContext.current().step("late", () -> "done")));
          } catch (IllegalStateException e) {
            refused.complete(e);
          }
          return 1;
        })
        .timeout(Duration.ofSeconds(5));
    Run run = builder().build().start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(15));
    assertThatThrownBy(run::await).cause().isInstanceOf(TaskTimeoutException.class);
    never.countDown();
    assertThat(refused.get(30, TimeUnit.SECONDS))
        .hasMessageContaining("is over and cannot do step 'stuck/late'");
  }

  @Test
  void callerThatDoesNotComeBack_isStoodInFor(@TempDir Path directory) throws Exception {
    Dag dag = Dag.named("dag");
    Task<Integer> stuck = dag.task("stuck", () -> calls.get() < 1 ? blockForGood() : 5)
        .timeout(Duration.ofSeconds(5))
        .retry(Retry.times(2));
    Task<Integer> after = dag.task("after", stuck, n -> {
      never.countDown(); // now the caller comes back
      return n + 1;
    });
    try (Duraflow duraflow = builder().store(directory).maxConcurrency(1).build()) {
      Thread clock = new Thread(() -> {
        try {
          time.awaitWaiting(1);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        time.advance(Duration.ofSeconds(15));
      });
      clock.start();
      assertThat(duraflow.run(dag).get(after)).isEqualTo(6);
      clock.join();
    }
  }

  /** Its own interrupt was taken for one from outside, which cancelled the run. */
  @Test
  void callerThatDoesNotLookAtItsInterrupt_isStoodInFor_andComesBackWithout(@TempDir Path directory)
      throws Exception {
    Dag dag = Dag.named("dag");
    Task<Integer> stuck = dag.task("stuck", () -> {
          if (calls.getAndIncrement() == 0) {
            while (never.getCount() > 0) {
              Thread.onSpinWait();
            }
          }
          return 5;
        })
        .timeout(Duration.ofSeconds(5))
        .retry(Retry.times(2));
    Task<Integer> after = dag.task("after", stuck, n -> {
      never.countDown(); // now the caller comes back
      return n + 1;
    });
    Task<Integer> last = dag.task("last", after, n -> n + 1);
    try (Duraflow duraflow = builder().store(directory).maxConcurrency(1).build()) {
      Thread clock = new Thread(() -> {
        try {
          time.awaitWaiting(1);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
        time.advance(Duration.ofSeconds(15));
      });
      clock.start();
      assertThat(duraflow.run(dag).get(last)).isEqualTo(7);
      assertThat(Thread.interrupted()).isFalse();
      clock.join();
    }
  }

  @Test
  void threadOfABodyThatWasLeftBehind_isNotLeftInterrupted() throws Exception {
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    Dag dag = Dag.named("dag");
    dag.task("stuck", () -> {
          while (never.getCount() > 0) {
            Thread.onSpinWait();
          }
          return 1;
        })
        .timeout(Duration.ofSeconds(5));
    Run run = builder()
        .executor(command -> new Thread(() -> {
              command.run();
              interrupted.complete(Thread.currentThread().isInterrupted());
            })
            .start())
        .maxConcurrency(1)
        .build()
        .start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(15));
    assertThatThrownBy(run::await).cause().isInstanceOf(TaskTimeoutException.class);
    never.countDown();
    assertThat(interrupted.get(30, TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void cancelledRun_namesWhatDoesNotHeedItsInterrupt_andCanBeResumed(@TempDir Path directory)
      throws Exception {
    Dag dag = Dag.named("dag");
    Task<Integer> stuck = dag.task("stuck", () -> calls.get() < 1 ? blockForGood() : 5);
    dag.task("after", stuck, n -> n);
    try (Store store = Store.journal(directory);
        Duraflow duraflow = builder().store(store).build()) {
      Run run = duraflow.start(dag);
      while (calls.get() < 1) {
        Thread.onSpinWait();
      }
      run.cancel();
      assertThat(run.state()).isEqualTo(RunState.RUNNING);
      time.advance(Duration.ofSeconds(10));
      assertThatThrownBy(run::await)
          .isInstanceOf(RunCancelledException.class)
          .hasMessage("run 'dag' was cancelled with 0 of 2 tasks completed, leaving behind what "
              + "did not heed its interrupt: task 'stuck'; run it again to go on from there");
      assertThat(duraflow.run(dag).get(stuck)).isEqualTo(5);
    }
  }

  @Test
  void cancelledRunWithoutStore_endsWithoutWhatDoesNotHeedItsInterrupt() throws Exception {
    Dag dag = Dag.named("dag");
    dag.task("stuck", this::blockForGood);
    Run run = Duraflow.builder()
        .scheduler(time)
        .gracePeriod(Duration.ofSeconds(1))
        .build()
        .start(dag);
    while (calls.get() < 1) {
      Thread.onSpinWait();
    }
    run.cancel();
    time.advance(Duration.ofSeconds(1));
    assertThatThrownBy(run::await)
        .hasMessageContaining("leaving behind")
        .hasMessageContaining("stuck");
  }

  @Test
  void failFast_doesNotWaitForEverForWhatDoesNotHeedItsInterrupt() throws Exception {
    Dag dag = Dag.named("dag");
    CountDownLatch begun = new CountDownLatch(1);
    dag.task("stuck", () -> {
      begun.countDown();
      return blockForGood();
    });
    dag.task("fails", () -> {
      begun.await();
      throw new IllegalStateException("no");
    });
    Run run = builder().failurePolicy(FailurePolicy.FAIL_FAST).build().start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(10));
    assertThatThrownBy(run::await).cause().hasMessage("no");
  }

  @Test
  void runTimeout_cancelsTheRun() throws Exception {
    Dag dag = Dag.named("dag");
    dag.task("quick", () -> 1);
    dag.task("slow", this::block);
    Run run = builder().runTimeout(Duration.ofMinutes(1)).build().start(dag);
    while (run.completed() < 1 || calls.get() < 1) {
      Thread.onSpinWait();
    }
    time.advance(Duration.ofMinutes(1));
    assertThatThrownBy(run::await)
        .isInstanceOf(RunCancelledException.class)
        .hasMessage("run 'dag' was cancelled at its time limit of 60.0 s with 1 of 2 tasks "
            + "completed; run it again to go on from there");
  }

  @Test
  void alarms_areGoneWithTheRun() {
    Dag dag = Dag.named("dag");
    dag.task("quick", () -> 1).timeout(Duration.ofHours(1));
    builder().runTimeout(Duration.ofMinutes(1)).build().run(dag);
    assertThat(time.waiting()).isZero();
  }
}
