package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class CancelTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private final CountDownLatch never = new CountDownLatch(1);

  @Test
  void cancel_interruptsABodyThatBlocksForever_startsNothingNew_andKeepsWhatFinished()
      throws Exception {
    Store store = Store.inMemory();
    CountDownLatch in = new CountDownLatch(1);
    Queue<String> calls = new ConcurrentLinkedQueue<>();
    Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
    Dag dag = Dag.named("cancel");
    Task<Integer> done = dag.task("done", () -> {
      calls.add("done");
      return 1;
    });
    Task<Integer> blocked = dag.task("blocked", done, n -> {
      calls.add("blocked");
      in.countDown();
      if (calls.size() == 2) {
        never.await();
      }
      return n + 1;
    });
    Task<Integer> next = dag.task("next", blocked, n -> {
      calls.add("next");
      return n + 1;
    });
    Duraflow duraflow = Duraflow.builder().store(store).listener(events::add).build();
    Run run = duraflow.start(dag);
    in.await();
    run.cancel();
    assertThat(run.await(LONG)).isTrue();
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThatThrownBy(run::await)
        .isInstanceOf(RunCancelledException.class)
        .hasMessage(
            "run 'cancel' was cancelled with 1 of 3 tasks completed; run it again to go on from there");
    assertThat(run.failures()).isEmpty();
    assertThat(run.get(done)).isEqualTo(1);
    assertThatThrownBy(() -> run.get(blocked)).hasMessageContaining("it has not finished");
    assertThat(events).noneMatch(e -> e instanceof RunEvent.TaskFailed);
    assertThat(duraflow.run(dag).get(next)).isEqualTo(3);
    assertThat(calls).containsExactly("done", "blocked", "blocked", "next");
  }

  @Test
  void cancel_afterTheEnd_changesNothing() {
    Dag dag = Dag.named("over");
    Task<Integer> task = dag.task("task", () -> 1);
    Run run = Duraflow.withoutStore().run(dag);
    run.cancel();
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(run.get(task)).isEqualTo(1);
  }

  @Test
  void cancel_twiceAndFromABody() {
    AtomicReference<Run> started = new AtomicReference<>();
    CountDownLatch known = new CountDownLatch(1);
    Dag dag = Dag.named("self");
    Task<Boolean> first = dag.task("first", () -> {
      known.await();
      started.get().cancel();
      started.get().cancel();
      boolean told =
          TaskContext.current().isCancelled() && Thread.currentThread().isInterrupted();
      return told;
    });
    dag.task("second", first, b -> b);
    Run run = Duraflow.withoutStore().start(dag);
    started.set(run);
    known.countDown();
    assertThatThrownBy(run::await).isInstanceOf(RunCancelledException.class);
    assertThat(run.get(first)).isTrue();
    assertThat(run.completed()).isEqualTo(1);
  }

  @Test
  void cancel_fromAListener_whileTheRunStarts() throws Exception {
    AtomicReference<Run> started = new AtomicReference<>();
    CountDownLatch known = new CountDownLatch(1);
    Dag dag = Dag.named("listener");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, n -> n);
    Run run = Duraflow.builder()
        .listener(event -> {
          if (event instanceof RunEvent.TaskSucceeded done && done.taskId().equals("a")) {
            try {
              known.await();
            } catch (InterruptedException e) {
              throw new AssertionError(e);
            }
            started.get().cancel();
          }
        })
        .build()
        .start(dag);
    started.set(run);
    known.countDown();
    assertThat(run.await(LONG)).isTrue();
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThatThrownBy(() -> run.get(b)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void cancel_thatComesWhenAllIsDone_leavesTheRunSucceeded() throws Exception {
    AtomicReference<Run> started = new AtomicReference<>();
    CountDownLatch known = new CountDownLatch(1);
    Dag dag = Dag.named("late");
    Task<Integer> only = dag.task("only", () -> {
      known.await();
      started.get().cancel();
      return 1;
    });
    Run run = Duraflow.withoutStore().start(dag);
    started.set(run);
    known.countDown();
    assertThat(run.await().get(only)).isEqualTo(1);
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
  }

  @Test
  void interruptOfTheCaller_cancels_andIsStillSet() {
    Dag dag = Dag.named("interrupt");
    Task<Integer> first = dag.task("first", () -> {
      Thread.currentThread().interrupt();
      return 1;
    });
    Task<Integer> second = dag.task("second", first, n -> n);
    Duraflow duraflow =
        Duraflow.builder().maxConcurrency(1).store(Store.inMemory()).build();
    assertThatThrownBy(() -> duraflow.run(dag)).isInstanceOf(RunCancelledException.class);
    assertThat(Thread.interrupted()).isTrue();
    Run again = duraflow.run(dag);
    assertThat(again.reused()).isEqualTo(1);
    assertThat(again.get(second)).isEqualTo(1);
  }

  @Test
  void interruptOfTheCaller_whileItsBodyBlocks_cancels_andIsStillSet() throws Exception {
    CountDownLatch in = new CountDownLatch(1);
    AtomicReference<Thread> caller = new AtomicReference<>();
    Dag dag = Dag.named("blocked");
    dag.task("blocked", () -> {
      in.countDown();
      never.await();
      return 1;
    });
    Future<Boolean> stillSet = inThread(() -> {
      caller.set(Thread.currentThread());
      assertThatThrownBy(() -> Duraflow.builder().maxConcurrency(1).build().run(dag))
          .isInstanceOf(RunCancelledException.class);
      return Thread.interrupted();
    });
    in.await();
    caller.get().interrupt();
    assertThat(stillSet.get()).isTrue();
  }

  @Test
  void interruptOfTheCaller_whileItWaitsForOthers_cancels_andIsStillSet() throws Exception {
    CountDownLatch in = new CountDownLatch(1);
    Dag dag = Dag.named("waits");
    AtomicReference<Thread> caller = new AtomicReference<>();
    Task<Integer> source = dag.task("source", () -> 1);
    for (int i = 0; i < 2; i++) {
      dag.task("either" + i, source, n -> {
        if (Thread.currentThread() == caller.get()) {
          in.await();
        } else {
          in.countDown();
          never.await();
        }
        return 1;
      });
    }
    Future<Boolean> stillSet = inThread(() -> {
      caller.set(Thread.currentThread());
      assertThatThrownBy(() -> Duraflow.builder().maxConcurrency(2).build().run(dag))
          .isInstanceOf(RunCancelledException.class);
      return Thread.interrupted();
    });
    in.await();
    while (LockSupport.getBlocker(caller.get()) == null) { // it is parked soon
      Thread.onSpinWait();
    }
    caller.get().interrupt();
    assertThat(stillSet.get()).isTrue();
  }

  @Test
  void interruptBeforeRun_cancels_andIsStillSet() {
    Queue<Boolean> interrupted = new ConcurrentLinkedQueue<>();
    Dag dag = Dag.named("before");
    Task<Integer> a = dag.task("a", () -> 1);
    dag.task("b", a, n -> {
      interrupted.add(Thread.currentThread().isInterrupted());
      return n;
    });
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> Duraflow.builder().maxConcurrency(1).build().run(dag))
        .isInstanceOf(RunCancelledException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(interrupted).isEmpty();
  }

  @Test
  void interruptThatABodyLeavesInAHelper_doesNotReachStoreListenerOrTheNextTask() throws Exception {
    Queue<String> interrupted = new ConcurrentLinkedQueue<>();
    Runnable look = () -> {
      if (Thread.currentThread().isInterrupted()) {
        interrupted.add("store or listener");
      }
    };
    Store store = new StoreAround(Store.inMemory(), (run, record) -> {
      look.run();
      return run.save(record);
    });
    Dag dag = Dag.named("stray");
    Task<Integer> task = dag.task("0", () -> 0);
    for (int i = 1; i < 20; i++) {
      task = dag.task("" + i, task, n -> {
        if (Thread.currentThread().isInterrupted()) {
          interrupted.add("task " + n);
        }
        Thread.currentThread().interrupt();
        return n + 1;
      });
    }
    Run run =
        Duraflow.builder().store(store).listener(event -> look.run()).build().start(dag);
    assertThat(run.await().get(task)).isEqualTo(19);
    assertThat(interrupted).isEmpty();
  }

  @Test
  void interruptOfACancel_reachesTheBodyAndNothingElse() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    Queue<String> interrupted = new ConcurrentLinkedQueue<>();
    Store store = new StoreAround(Store.inMemory(), (run, record) -> {
      if (Thread.currentThread().isInterrupted()) {
        interrupted.add("store");
      }
      return run.save(record);
    });
    Duraflow duraflow = Duraflow.builder()
        .store(store)
        .executor(command -> pool.execute(() -> {
          command.run();
          if (Thread.currentThread().isInterrupted()) {
            interrupted.add("pool");
          }
        }))
        .listener(event -> {
          if (Thread.currentThread().isInterrupted()) {
            interrupted.add(event.toString());
          }
        })
        .build();
    try {
      for (int round = 0; round < 2_000; round++) {
        Dag dag = Dag.named("gate");
        for (int c = 0; c < 3; c++) {
          Task<Integer> task = dag.task("c" + c, () -> 0);
          for (int i = 1; i < 5; i++) {
            task = dag.task("c" + c + "-" + i, task, n -> n + 1);
          }
        }
        Run run = duraflow.start(dag, "run" + round);
        for (int i = 0; i < round % 50; i++) {
          Thread.onSpinWait();
        }
        run.cancel();
        assertThat(run.await(LONG)).as("round %s", round).isTrue();
      }
    } finally {
      pool.shutdown();
      assertThat(pool.awaitTermination(1, java.util.concurrent.TimeUnit.MINUTES))
          .isTrue();
    }
    assertThat(interrupted).isEmpty();
  }

  @Test
  void cancelOfARunAroundARun_endsBoth_andIsNoFailure() throws Exception {
    CountDownLatch in = new CountDownLatch(1);
    Duraflow duraflow = Duraflow.withoutStore();
    Dag inner = Dag.named("inner");
    inner.task("blocked", () -> {
      in.countDown();
      never.await();
      return 1;
    });
    Dag outer = Dag.named("outer");
    outer.task("nested", () -> duraflow.run(inner).completed());
    Run run = duraflow.start(outer);
    in.await();
    run.cancel();
    assertThat(run.await(LONG)).isTrue();
    assertThat(run.state()).isEqualTo(RunState.CANCELLED);
    assertThat(run.failures()).isEmpty();
  }

  @Test
  void cancel_inTheMiddleOfAMap_keepsTheElementsThatAreDone() throws Exception {
    for (FailurePolicy policy : FailurePolicy.values()) {
      Store store = Store.inMemory();
      CountDownLatch in = new CountDownLatch(1);
      Queue<Integer> calls = new ConcurrentLinkedQueue<>();
      Dag dag = Dag.named("map");
      Task<List<Integer>> list =
          dag.task("list", () -> List.of(0, 1, 2, 3, 4)).returns(new TypeRef<List<Integer>>() {});
      Task<List<Integer>> map = dag.map("map", list, String::valueOf, n -> {
        calls.add(n);
        if (n == 3 && calls.size() == 4) {
          in.countDown();
          never.await();
        }
        return n;
      });
      Duraflow duraflow = Duraflow.builder()
          .store(store)
          .maxConcurrency(1)
          .failurePolicy(policy)
          .build();
      Run run = duraflow.start(dag);
      in.await();
      run.cancel();
      assertThat(run.await(LONG)).isTrue();
      assertThat(run.completed()).isEqualTo(4);
      assertThat(run.total()).isEqualTo(7);
      assertThat(duraflow.run(dag).get(map)).containsExactly(0, 1, 2, 3, 4);
      assertThat(calls).containsExactly(0, 1, 2, 3, 3, 4);
    }
  }

  private static <T> Future<T> inThread(java.util.concurrent.Callable<T> call) {
    java.util.concurrent.FutureTask<T> task = new java.util.concurrent.FutureTask<>(call);
    new Thread(task, "caller").start();
    return task;
  }
}
