package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.PersistException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Durable calls outside any DAG. */
final class StepTest {
  private final AtomicInteger calls = new AtomicInteger();

  private static Duraflow on(Store store) {
    return Duraflow.builder().store(store).build();
  }

  @Test
  void storedValue_wins() throws Exception {
    for (Store store : List.of(Store.inMemory(), AsyncStore.inMemory())) {
      try (Duraflow first = on(store)) {
        int value = first.step("one-off", () -> 11);
        assertThat(value).isEqualTo(11);
        int same = first.step("one-off", () -> 12);
        assertThat(same).isEqualTo(11);
      }
      try (Duraflow second = on(store)) {
        int stored = second.step("one-off", () -> 13);
        assertThat(stored).isEqualTo(11);
      }
    }
  }

  @Test
  void nullAndGenericValues() throws Exception {
    try (Duraflow duraflow = on(Store.inMemory())) {
      for (int i = 0; i < 2; i++) {
        String nothing = duraflow.step("null", () -> {
          calls.incrementAndGet();
          return (String) null;
        });
        assertThat(nothing).isNull();
        List<Long> longs = duraflow.step("list", new TypeRef<List<Long>>() {}, () -> {
          calls.incrementAndGet();
          return List.of(1L, 2L);
        });
        long first = longs.get(0);
        assertThat(first).isEqualTo(1L);
      }
      assertThat(calls.get()).isEqualTo(2);
    }
  }

  @Test
  void threadsRacingForOneStep_getOneValueComputedOnce() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try (Duraflow duraflow = on(AsyncStore.inMemory())) {
      for (int round = 0; round < 200; round++) {
        String id = "step-" + round;
        CyclicBarrier all = new CyclicBarrier(8);
        AtomicInteger called = new AtomicInteger();
        List<Future<Integer>> values = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
          int mine = t;
          values.add(pool.submit(() -> {
            all.await();
            return duraflow.step(id, () -> {
              called.incrementAndGet();
              return mine;
            });
          }));
        }
        int first = values.get(0).get();
        for (Future<Integer> value : values) {
          assertThat(value.get()).as("round %s", round).isEqualTo(first);
        }
        assertThat(called.get()).isEqualTo(1);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void stepsOfDifferentIds_doNotWaitForEachOther() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    try (Duraflow duraflow = on(Store.inMemory())) {
      CompletableFuture<Integer> other = CompletableFuture.supplyAsync(
          () -> {
            try {
              return duraflow.step("a", () -> both.await() + 10);
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          },
          command -> new Thread(command).start());
      int mine = duraflow.step("b", () -> both.await() + 10);
      assertThat(mine + other.get()).isEqualTo(21);
    }
  }

  @Test
  void failureToPersist_isThrownWithKeyAndCause() throws Exception {
    IOException full = new IOException("full");
    for (Store store : List.of(
        StoreAround.failing(Store.inMemory(), new UncheckedIOException(full), "t2"),
        new AsyncStore(
            new StoreAround(Store.inMemory(), (run, record) -> StoreAround.failed(full)),
            AsyncStore.Mode.BATCHED,
            0))) {
      try (Duraflow duraflow = on(store)) {
        assertThatThrownBy(() -> duraflow.step("t2", () -> 1))
            .isInstanceOfSatisfying(
                PersistException.class, e -> assertThat(e.taskId()).isEqualTo("t2"))
            .hasRootCause(full);
      }
    }
  }

  @Test
  void bodyThatFails_storesNothing_andItsExceptionIsThrownAsItIs() throws Exception {
    IOException failure = new IOException("body");
    try (Duraflow duraflow = on(Store.inMemory())) {
      assertThatThrownBy(() -> duraflow.step("x", () -> {
            if (true) {
              throw failure;
            }
            return 1;
          }))
          .isSameAs(failure);
      int value = duraflow.step("x", () -> 2);
      assertThat(value).isEqualTo(2);
    }
  }

  @Test
  void badSteps_areRefused() throws Exception {
    try (Duraflow duraflow = on(Store.inMemory())) {
      assertThatThrownBy(() -> duraflow.step("", () -> 1)).isInstanceOf(InvalidDagException.class);
      assertThatThrownBy(() -> duraflow.step("list", () -> List.of(calls.incrementAndGet())))
          .isInstanceOf(InvalidDagException.class)
          .hasMessageContaining("list");
      assertThat(calls.get()).isZero();
      int value = duraflow.step("x", () -> 1);
      assertThat(value).isEqualTo(1);
      assertThatThrownBy(() -> duraflow.step("x", () -> "text"))
          .isInstanceOf(TypeMismatchException.class);
    }
    assertThatThrownBy(() -> Duraflow.withoutStore().step("x", () -> 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("there is no store");
  }

  @Test
  void steps_belongToOneDuraflowUntilItIsClosed() throws Exception {
    Store store = Store.inMemory();
    try (Duraflow second = on(store)) {
      try (Duraflow first = on(store)) {
        int value = first.step("x", () -> 1);
        assertThat(value).isEqualTo(1);
        assertThatThrownBy(() -> second.step("x", () -> 2)).isInstanceOf(RunLockedException.class);
      }
      int value = second.step("x", () -> 2);
      assertThat(value).isEqualTo(1);
    }
  }
}
