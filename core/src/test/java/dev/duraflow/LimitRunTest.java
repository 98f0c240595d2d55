package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.event.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LimitRunTest {
  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  private final ManualTime time = new ManualTime();
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();

  private Duraflow.Builder builder() {
    return Duraflow.builder().scheduler(time).clock(time.clock());
  }

  private int pass(int value) {
    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
    Thread.onSpinWait();
    inside.decrementAndGet();
    return value;
  }

  @Test
  void concurrent_letsInSoManyAtOnce_acrossRunsOfTheEngine() throws Exception {
    Limit limit = Limit.concurrent("api", 3);
    Duraflow duraflow = Duraflow.withoutStore();
    List<Run> runs = new ArrayList<>();
    for (int r = 0; r < 4; r++) {
      Dag dag = Dag.named("dag");
      Task<List<Integer>> numbers =
          dag.task("numbers", () -> IntStream.range(0, 2_000).boxed().toList()).returns(INTEGERS);
      Task<List<Integer>> passed =
          dag.map("pass", numbers, String::valueOf, this::pass).limit(limit);
      dag.task("count", passed, List::size);
      runs.add(duraflow.start(dag, "run-" + r));
    }
    for (Run run : runs) {
      assertThat(run.await().find("count", Integer.class)).contains(2_000);
    }
    assertThat(most.get()).isBetween(1, 3);
    assertThat(inside).hasValue(0);
  }

  @Test
  void perSecond_spreadsTheBeginnings_andHoldsNoThread() throws Exception {
    List<Instant> begun = new CopyOnWriteArrayList<>();
    Dag dag = Dag.named("dag");
    for (int i = 0; i < 5; i++) {
      dag.task("call-" + i, () -> begun.add(time.clock().instant()))
          .limit(Limit.perSecond("api", 4));
    }
    Run run = builder().maxConcurrency(1).build().start(dag);
    for (int i = 1; i < 5; i++) {
      while (begun.size() < i) {
        Thread.onSpinWait();
      }
      time.awaitWaiting(1);
      time.advance(Duration.ofMillis(249));
      assertThat(begun).hasSize(i);
      time.advance(Duration.ofMillis(1));
    }
    assertThat(run.await().state()).isEqualTo(RunState.SUCCEEDED);
    for (int i = 1; i < 5; i++) {
      assertThat(Duration.between(begun.get(i - 1), begun.get(i)))
          .isEqualTo(Duration.ofMillis(250));
    }
  }

  @Test
  void taskWithoutLimit_goesByThoseThatWait() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    Limit one = Limit.concurrent("one", 1);
    List<Integer> order = new CopyOnWriteArrayList<>();
    Dag dag = Dag.named("dag");
    dag.task("first", () -> {
          goOn.await();
          return -1;
        })
        .limit(one);
    for (int i = 0; i < 50; i++) {
      int n = i;
      dag.task("other-" + i, () -> order.add(n)).limit(one);
    }
    dag.task("free", () -> {
      goOn.countDown();
      return 1;
    });
    assertThat(Duraflow.withoutStore().start(dag).await().completed()).isEqualTo(52);
    assertThat(order)
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 50).boxed().toList());
  }

  @Test
  void severalLimits_inAnyOrder_neverWaitForEachOther() {
    List<Limit> all =
        List.of(Limit.concurrent("a", 2), Limit.concurrent("b", 1), Limit.concurrent("c", 3));
    Random random = new Random(1);
    Dag dag = Dag.named("dag");
    for (int i = 0; i < 3_000; i++) {
      int n = i;
      Task<Integer> task = dag.task("task-" + i, () -> pass(n));
      List<Limit> limits = new ArrayList<>(all);
      Collections.shuffle(limits, random);
      limits.subList(0, random.nextInt(4)).forEach(task::limit);
    }
    assertThat(Duraflow.withoutStore().run(dag).completed()).isEqualTo(3_000);
  }

  @Test
  void cancel_givesUpWhatWaits_andLeavesThePermits() throws Exception {
    Limit one = Limit.concurrent("one", 1);
    CountDownLatch begun = new CountDownLatch(1);
    Dag blocked = Dag.named("blocked");
    for (int i = 0; i < 20; i++) {
      blocked
          .task("task-" + i, () -> {
            begun.countDown();
            new CountDownLatch(1).await();
            return 1;
          })
          .limit(one);
    }
    Duraflow duraflow = Duraflow.withoutStore();
    Run run = duraflow.start(blocked);
    begun.await();
    Dag other = Dag.named("other");
    Task<Integer> after = other.task("after", () -> 1).limit(one);
    Run waiting = duraflow.start(other);
    assertThat(waiting.state()).isEqualTo(RunState.RUNNING);
    run.cancel();
    assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
    assertThat(waiting.await().get(after)).isEqualTo(1);
  }

  @Test
  void taskThatWaitsToBeRetried_holdsNoPermit() throws Exception {
    Limit one = Limit.concurrent("one", 1);
    AtomicInteger calls = new AtomicInteger();
    Dag dag = Dag.named("dag");
    Task<Integer> flaky = dag.task("flaky", () -> {
          if (calls.incrementAndGet() == 1) {
            throw new IllegalStateException("once");
          }
          return calls.get();
        })
        .limit(one)
        .retry(Retry.times(2).backoff(Duration.ofHours(1)));
    Task<Integer> other = dag.task("other", () -> 7).limit(one);
    Run run = builder().build().start(dag);
    time.awaitWaiting(1);
    while (run.completed() < 1) {
      Thread.onSpinWait();
    }
    assertThat(run.get(other)).isEqualTo(7);
    time.advance(Duration.ofHours(1));
    assertThat(run.await().get(flaky)).isEqualTo(2);
  }

  @Test
  void abandonedBody_givesItsPermitUp() throws Exception {
    Limit one = Limit.concurrent("one", 1);
    CountDownLatch never = new CountDownLatch(1);
    Dag dag = Dag.named("dag");
    Task<Integer> stuck = dag.task("stuck", () -> {
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
        })
        .limit(one)
        .timeout(Duration.ofSeconds(1));
    Task<Integer> next = dag.task("next", () -> 2).limit(one);
    Run run = builder()
        .failurePolicy(FailurePolicy.KEEP_GOING)
        .gracePeriod(Duration.ofSeconds(1))
        .maxConcurrency(1)
        .build()
        .start(dag);
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(2));
    assertThatThrownBy(run::await).hasMessageContaining("task 'stuck' failed");
    assertThat(run.get(next)).isEqualTo(2);
    never.countDown();
    assertThatThrownBy(() -> run.get(stuck)).hasMessageContaining("it failed");
  }

  @Test
  void limitOfTheSameName_thatIsAnother_isRefusedBeforeAnythingRuns() {
    Dag dag = Dag.named("dag");
    dag.task("a", () -> pass(1)).limit(Limit.concurrent("api", 3));
    dag.task("b", () -> pass(1)).limit(Limit.perSecond("api", 3));
    assertThatThrownBy(() -> Duraflow.withoutStore().run(dag))
        .isInstanceOf(InvalidDagException.class)
        .hasMessage("task 'b' of DAG 'dag' has limit 'api', 3 in PT1S, and this engine has limit "
            + "'api', 3 at once; give one of them another name");
    assertThat(most).hasValue(0);
  }

  @Test
  void schedulerThatRefuses_failsTheTaskThatWouldWait_whichLeavesItsPermits() {
    var scheduler = java.util.concurrent.Executors.newScheduledThreadPool(1);
    scheduler.shutdown();
    Limit one = Limit.concurrent("a-first", 1);
    Limit rate = Limit.perMinute("b-second", 1);
    Dag dag = Dag.named("dag");
    for (int i = 0; i < 3; i++) {
      dag.task("task-" + i, () -> pass(1)).limit(one).limit(rate);
    }
    Task<Integer> other = dag.task("other", () -> pass(2)).limit(one);
    Run run = Duraflow.builder()
        .scheduler(scheduler)
        .failurePolicy(FailurePolicy.KEEP_GOING)
        .maxConcurrency(1)
        .build()
        .start(dag);
    assertThatThrownBy(run::await)
        .cause()
        .isInstanceOf(java.util.concurrent.RejectedExecutionException.class);
    assertThat(run.failures()).hasSize(2);
    assertThat(run.get(other)).isEqualTo(2);
  }

  @Test
  void badLimits_areRefused() {
    assertThatThrownBy(() -> Limit.concurrent("api", 0))
        .hasMessage("limit 'api' must have at least 1 permit: 0");
    assertThatThrownBy(() -> new Limit("api", 1, Duration.ofSeconds(-1)))
        .hasMessage("limit 'api' must not have a negative period: PT-1S");
    assertThatThrownBy(() -> Limit.perSecond("", 1)).isInstanceOf(InvalidDagException.class);
  }
}
