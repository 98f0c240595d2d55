package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.store.Durability;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits for a limit gets a turn, in the order of asking, whoever else comes, goes or gives up. */
@Timeout(60)
final class LimitTurnsTest {
  private final ManualTime time = new ManualTime();
  private final List<Integer> order = new CopyOnWriteArrayList<>();
  private final CountDownLatch goOn = new CountDownLatch(1);

  private Duraflow.Builder builder() {
    return Duraflow.builder().scheduler(time).clock(time.clock()).maxConcurrency(1);
  }

  /** The time limit of a test interrupts it. */
  private static void awaitThat(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (Thread.interrupted()) {
        throw new AssertionError("it has not come");
      }
      Thread.onSpinWait();
    }
  }

  /** A run of one task that has a permit until {@link #goOn}. */
  private Run hold(Duraflow duraflow, Limit limit) {
    CountDownLatch begun = new CountDownLatch(1);
    Dag dag = Dag.named("holder");
    dag.task("hold", () -> {
          begun.countDown();
          goOn.await();
          return -1;
        })
        .limit(limit);
    Run run = duraflow.start(dag);
    try {
      begun.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return run;
  }

  /** A run of tasks that have asked for a limit when this returns, one after the other. */
  private Run ask(Duraflow duraflow, int first, int count, Limit... limits) {
    Dag dag = Dag.named("asks-" + first);
    for (int n = first; n < first + count; n++) {
      int number = n;
      Task<Boolean> task = dag.task("task-" + n, () -> order.add(number));
      List.of(limits).forEach(task::limit);
    }
    dag.task("last", () -> 1); // one worker takes them in the order of declaration
    Run run = duraflow.start(dag);
    awaitThat(() -> run.completed() >= 1);
    return run;
  }

  private static List<Integer> upTo(int end) {
    return IntStream.range(0, end).boxed().toList();
  }

  @Test
  void concurrent_servesRunsInTheOrderInWhichTheyAsked() throws Exception {
    Limit one = Limit.concurrent("one", 1);
    Duraflow duraflow = builder().build();
    Run holder = hold(duraflow, one);
    List<Run> runs = new ArrayList<>();
    for (int r = 0; r < 100; r++) {
      runs.add(ask(duraflow, 3 * r, 3, one));
    }
    goOn.countDown();
    holder.await();
    for (Run run : runs) {
      run.await();
    }
    assertThat(order).isEqualTo(upTo(300));
  }

  @Test
  void perSecond_servesRunsInTheOrderInWhichTheyAsked_oneATurn() throws Exception {
    Limit rate = Limit.perSecond("rate", 10);
    Duraflow duraflow = builder().build();
    List<Run> runs = new ArrayList<>();
    ask(duraflow, 0, 1, rate).await(); // takes the first turn at once
    for (int r = 0; r < 50; r++) {
      runs.add(ask(duraflow, 1 + 2 * r, 2, rate));
    }
    for (int turn = 1; turn <= 100; turn++) {
      time.advance(Duration.ofMillis(100));
      int expected = 1 + turn;
      awaitThat(() -> order.size() >= expected);
    }
    for (Run run : runs) {
      run.await();
    }
    assertThat(order).isEqualTo(upTo(101));
    assertThat(time.waiting()).as("alarms for nobody").isZero();
  }

  @Test
  void tenThousandWaiters_areServedInOrder() throws Exception {
    Limit one = Limit.concurrent("one", 1);
    AtomicInteger next = new AtomicInteger();
    AtomicInteger outOfOrder = new AtomicInteger();
    Duraflow duraflow = builder().build();
    Run holder = hold(duraflow, one);
    Dag dag = Dag.named("many");
    for (int n = 0; n < 10_000; n++) {
      int number = n;
      dag.task("task-" + n, () -> {
            if (next.getAndIncrement() != number) {
              outOfOrder.incrementAndGet();
            }
            return number;
          })
          .limit(one);
    }
    dag.task("last", () -> 1);
    Run run = duraflow.start(dag);
    awaitThat(() -> run.completed() >= 1);
    goOn.countDown();
    holder.await();
    assertThat(run.await().completed()).isEqualTo(10_001);
    assertThat(outOfOrder).hasValue(0);
  }

  @Test
  void tenThousandWaiters_ofARunThatIsCancelled_leaveTheQueueToTheOthers() throws Exception {
    Limit one = Limit.concurrent("one", 1);
    Duraflow duraflow = builder().build();
    Run holder = hold(duraflow, one);
    Run before = ask(duraflow, 0, 5, one);
    Run cancelled = ask(duraflow, 5, 10_000, one);
    Run after = ask(duraflow, 10_005, 5, one);
    cancelled.cancel();
    assertThatThrownBy(cancelled::await).isInstanceOf(RunCancelledException.class);
    assertThat(order).isEmpty();
    goOn.countDown();
    holder.await();
    before.await();
    after.await();
    assertThat(order).containsExactly(0, 1, 2, 3, 4, 10_005, 10_006, 10_007, 10_008, 10_009);
  }

  @Test
  void cancelledWaiter_losesNoTurnForOthers() throws Exception {
    Limit rate = Limit.perSecond("rate", 1);
    Duraflow duraflow = builder().build();
    ask(duraflow, 0, 1, rate).await();
    Run cancelled = ask(duraflow, 1, 3, rate);
    Run after = ask(duraflow, 4, 1, rate);
    cancelled.cancel();
    time.advance(Duration.ofMillis(999));
    assertThat(order).containsExactly(0);
    time.advance(Duration.ofMillis(1));
    after.await();
    assertThat(order).containsExactly(0, 4);
  }

  @Test
  void cancelledWaiter_givesBackThePermitsThatItHas() throws Exception {
    Limit first = Limit.concurrent("a-first", 1);
    Limit second = Limit.concurrent("b-second", 1);
    Duraflow duraflow = builder().build();
    Run holder = hold(duraflow, second);
    Run both = ask(duraflow, 0, 1, first, second); // has the first, waits for the second
    Run behind = ask(duraflow, 1, 1, first);
    assertThat(order).isEmpty();
    both.cancel();
    behind.await();
    assertThat(order).containsExactly(1);
    goOn.countDown();
    holder.await();
    ask(duraflow, 2, 1, first, second).await();
    assertThat(order).containsExactly(1, 2);
  }

  /** The others ask again as soon as they are through, until it has had its turn. */
  @Test
  void taskOfSeveralLimits_isNotStarvedByThoseOfOne() throws Exception {
    Limit a = Limit.concurrent("a", 1);
    Limit b = Limit.concurrent("b", 1);
    Duraflow duraflow = builder().build();
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger turnsOfA = new AtomicInteger();
    AtomicInteger turnsOfB = new AtomicInteger();
    ExecutorService others = Executors.newCachedThreadPool();
    try {
      for (int i = 0; i < 3; i++) {
        others.execute(() -> askUntil(done, duraflow, a, turnsOfA));
        others.execute(() -> askUntil(done, duraflow, b, turnsOfB));
      }
      awaitThat(() -> turnsOfA.get() >= 10 && turnsOfB.get() >= 10);
      Dag dag = Dag.named("both");
      Task<Integer> both = dag.task("both", turnsOfA::get).limit(b).limit(a);
      dag.task("last", () -> 1);
      Run run = duraflow.start(dag);
      awaitThat(() -> run.completed() >= 1);
      int whenItAsked = turnsOfA.get();
      int whenItGot = run.await().get(both);
      assertThat(whenItGot - whenItAsked).as("turns of those who had asked").isLessThan(5);
    } finally {
      done.set(true);
      others.shutdown();
      assertThat(others.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void askUntil(
      AtomicBoolean done, Duraflow duraflow, Limit limit, AtomicInteger turns) {
    Dag dag = Dag.named("one");
    dag.task("one", turns::incrementAndGet).limit(limit);
    while (!done.get()) {
      duraflow.run(dag);
    }
  }

  /** The permits were given back while it waited for its inputs to be durable again, and so on without end. */
  @Test
  void externalTaskOfARate_underPipelined_isCalledAtItsTurn() throws Exception {
    Limit rate = Limit.perSecond("rate", 1);
    try (Store store = Store.inMemory()) {
      Duraflow duraflow =
          builder().store(store).durability(Durability.PIPELINED).build();
      Dag dag = Dag.named("external");
      Task<Integer> input = dag.task("input", () -> 1);
      for (int i = 0; i < 3; i++) {
        int number = i;
        dag.task("call-" + i, input, n -> order.add(number)).limit(rate).external();
      }
      Run run = duraflow.start(dag);
      for (int turn = 1; turn <= 3; turn++) {
        int expected = turn;
        awaitThat(() -> order.size() >= expected);
        if (turn < 3) {
          time.awaitWaiting(1);
          time.advance(Duration.ofSeconds(1));
        }
      }
      run.await();
      assertThat(order).hasSize(3);
    }
  }

  /** A scheduler that refuses from some moment on. */
  private static final class Refusing extends ScheduledThreadPoolExecutor {
    final AtomicBoolean refuses = new AtomicBoolean();
    volatile Runnable due = () -> {};

    Refusing() {
      super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable action, long delay, TimeUnit unit) {
      if (refuses.get()) {
        throw new RejectedExecutionException("no more");
      }
      due = action;
      return super.schedule(() -> {}, 1, TimeUnit.DAYS);
    }
  }

  /** Its permits and its token were lost with it, and the run did not end. */
  @Test
  void schedulerThatRefuses_whenAPermitIsPassedOn_cancelsTheRunThatWaits() throws Exception {
    Refusing scheduler = new Refusing();
    try {
      Limit first = Limit.concurrent("a-first", 1);
      Limit rate = Limit.perSecond("b-rate", 1);
      Duraflow duraflow = Duraflow.builder()
          .scheduler(scheduler)
          .clock(time.clock())
          .failurePolicy(FailurePolicy.KEEP_GOING)
          .maxConcurrency(1)
          .build();
      CountDownLatch begun = new CountDownLatch(1);
      Dag dag = Dag.named("holder");
      Task<Integer> held = dag.task("hold", () -> {
            begun.countDown();
            goOn.await();
            return 7;
          })
          .limit(first)
          .limit(rate);
      Run holder = duraflow.start(dag);
      begun.await();
      Run waiting = ask(duraflow, 0, 3, first, rate);
      scheduler.refuses.set(true);
      goOn.countDown();
      assertThat(holder.await().get(held)).isEqualTo(7);
      assertThatThrownBy(waiting::await)
          .isInstanceOf(RunCancelledException.class)
          .hasMessageContaining("since the scheduler takes nothing any more");
      ask(duraflow, 3, 1, first).await();
      assertThat(order).containsExactly(3);
    } finally {
      scheduler.shutdownNow();
    }
  }

  @Test
  void schedulerThatRefuses_whileTasksWaitForARate_cancelsTheirRuns() throws Exception {
    Refusing scheduler = new Refusing();
    try {
      Limit rate = Limit.perSecond("rate", 1);
      Limit other = Limit.perSecond("s-other", 1);
      Duraflow duraflow = Duraflow.builder()
          .scheduler(scheduler)
          .clock(time.clock())
          .maxConcurrency(1)
          .build();
      ask(duraflow, 0, 1, rate, other).await();
      Run both = ask(duraflow, 1, 1, rate, other);
      Run one = ask(duraflow, 2, 2, rate);
      scheduler.refuses.set(true);
      time.advance(Duration.ofSeconds(1));
      ask(duraflow, 4, 1, other).await(); // so that there is nothing left of the other
      scheduler.due.run();
      for (Run run : List.of(both, one)) {
        assertThatThrownBy(run::await)
            .isInstanceOf(RunCancelledException.class)
            .hasMessageContaining("since the scheduler takes nothing any more");
      }
      assertThat(order).containsExactly(0, 4);
    } finally {
      scheduler.shutdownNow();
    }
  }

  @Test
  void schedulerThatRefuses_failsOnlyWhoAsksThen() {
    Refusing scheduler = new Refusing();
    scheduler.refuses.set(true);
    try {
      Limit rate = Limit.perSecond("rate", 1);
      Duraflow duraflow = Duraflow.builder()
          .scheduler(scheduler)
          .clock(time.clock())
          .maxConcurrency(1)
          .build();
      Dag dag = Dag.named("asks");
      dag.task("first", () -> 1).limit(rate);
      dag.task("second", () -> 2).limit(rate);
      assertThatThrownBy(() -> duraflow.run(dag))
          .isInstanceOf(RunFailedException.class)
          .hasMessageContaining("task 'second' failed")
          .cause()
          .hasMessage("no more");
    } finally {
      scheduler.shutdownNow();
    }
  }
}
