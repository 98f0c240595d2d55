package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.CodecException;
import dev.duraflow.error.PersistException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Outputs that do not become durable. */
final class PersistFailureTest {
  private static IOException full() {
    return new IOException("no space left on device");
  }

  private static Duraflow on(Store store) {
    return Duraflow.builder().store(store).build();
  }

  /** The ways in which a store may say that it has not kept task {@code b}. */
  static Stream<BiFunction<OpenRun, TaskRecord, CompletionStage<Void>>> failures() {
    return Stream.of(
        (run, record) -> {
          throw new UncheckedIOException(full());
        },
        (run, record) -> CompletableFuture.failedFuture(full()),
        (run, record) -> CompletableFuture.failedFuture(new CompletionException(full())),
        (run, record) -> CompletableFuture.failedStage(full()),
        (run, record) -> run.save(record).thenRun(() -> {
          throw new UncheckedIOException(full());
        }),
        (run, record) -> {
          throw new LinkageError("no driver");
        },
        (run, record) -> null);
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failure_isSeenByTheCallerWithKeyAndCause(
      BiFunction<OpenRun, TaskRecord, CompletionStage<Void>> failure) {
    StoreAround.Saving saving = (run, record) ->
        record.taskId().equals("b") ? failure.apply(run, record) : run.save(record);
    for (Store store : List.of(
        new StoreAround(Store.inMemory(), saving),
        new AsyncStore(new StoreAround(Store.inMemory(), saving), AsyncStore.Mode.IN_ORDER, 0))) {
      List<String> calls = new ArrayList<>();
      Dag dag = Dag.named("full");
      Task<Integer> a = dag.task("a", () -> 1);
      Task<Integer> b = dag.task("b", a, x -> x + 1);
      Task<Integer> c = dag.task("c", b, x -> {
        calls.add("c");
        return x;
      });
      RunFailedException failed =
          catchThrowableOfType(RunFailedException.class, () -> on(store).run(dag));
      assertThat(failed)
          .hasMessageContaining("run 'full': task 'b' failed: the output of task 'b' in run 'full'")
          .hasMessageContaining("could not be persisted")
          .hasMessageContaining("mend the store and run again");
      assertThat(failed.failures()).hasSize(1);
      assertThat(failed.getCause()).isInstanceOfSatisfying(PersistException.class, cause -> {
        assertThat(cause.taskId()).isEqualTo("b");
        assertThat(cause.runId()).isEqualTo("full");
        assertThat(cause.getCause()).isNotNull();
      });
      assertThat(calls).isEmpty();
      assertThat(c.id()).isEqualTo("c");
    }
  }

  @Test
  void stageThatIsNoCompletableFuture_isAsGoodAsAnother() {
    Store store = new StoreAround(Store.inMemory(), (run, record) -> {
      run.save(record).toCompletableFuture().join();
      return CompletableFuture.completedStage(null);
    });
    Dag dag = Dag.named("stages");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, x -> x + 1);
    assertThat(on(store).run(dag).get(b)).isEqualTo(2);
  }

  /** Endless. */
  record Loop(List<Loop> self) {}

  /** Looks like a value and has nothing that could be written. */
  static final class Opaque implements Iterator<String> {
    @Override
    public boolean hasNext() {
      throw new IllegalStateException("not here");
    }

    @Override
    public String next() {
      throw new IllegalStateException("not here");
    }
  }

  @Test
  void valueThatCannotBeEncoded_failsItsTaskWithTheWayOut() {
    Dag loops = Dag.named("loops");
    loops.task("loop", () -> {
      List<Loop> inner = new ArrayList<>();
      inner.add(new Loop(inner));
      return new Loop(inner);
    });
    Dag opaque = Dag.named("opaque");
    opaque.task("thread", () -> Thread.currentThread());
    Dag unreadable = Dag.named("unreadable");
    unreadable.task("iterator", Opaque::new);
    for (Dag dag : List.of(loops, opaque, unreadable)) {
      Store store = Store.inMemory();
      assertThatThrownBy(() -> on(store).run(dag))
          .isInstanceOf(RunFailedException.class)
          .hasCauseInstanceOf(CodecException.class)
          .hasMessageContaining("the output of task '" + dag.tasks().get(0).id() + "' in run '"
              + dag.name() + "' cannot be stored as")
          .hasMessageContaining("choose another codec");
      try (OpenRun open = store.open(dag.name())) {
        assertThat(open.find(dag.tasks().get(0).id())).isEmpty();
      }
    }
  }

  @Test
  void elementOfAnotherType_foundInTheStoresThread_failsTheMapAndNotTheEngine() throws Exception {
    for (FailurePolicy policy : FailurePolicy.values()) {
      Store inner = Store.inMemory();
      try (OpenRun open = inner.open("map")) {
        open.save(new TaskRecord(
                "m[2]",
                TaskRecord.Kind.OUTPUT,
                "java.lang.String",
                "json",
                1,
                Instant.EPOCH,
                Instant.EPOCH,
                Payload.of(new byte[] {'1'})))
            .toCompletableFuture()
            .join();
      }
      Dag dag = Dag.named("map");
      Task<List<Integer>> numbers =
          dag.task("numbers", () -> List.of(1, 2, 3)).returns(new TypeRef<List<Integer>>() {});
      Task<List<Integer>> m = dag.map("m", numbers, String::valueOf, n -> n);
      dag.task("sum", m, List::size);
      Run run = Duraflow.builder()
          .store(new AsyncStore(inner, AsyncStore.Mode.IN_ORDER, 0))
          .failurePolicy(policy)
          .build()
          .start(dag);
      assertThatThrownBy(run::await)
          .isInstanceOf(RunFailedException.class)
          .hasCauseInstanceOf(TypeMismatchException.class)
          .hasMessageContaining("task 'm[2]' in run 'map' was stored as java.lang.String");
      assertThat(run.failures()).hasSize(1);
      assertThat(run.failures().get(0).taskId()).isEqualTo("m");
    }
  }

  /** A store whose runs cannot be closed. */
  private static Store unclosable() {
    Store inner = Store.inMemory();
    return new Store() {
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
            return run.save(record);
          }

          @Override
          public void close() {
            run.close();
            throw new StoreException("the lock cannot be given up");
          }
        };
      }

      @Override
      public void close() {}
    };
  }

  @Test
  void closingThatFails_isReported_andHidesNoFailureOfATask() {
    Dag good = Dag.named("good");
    Task<Integer> task = good.task("task", () -> 1);
    assertThatThrownBy(() -> on(unclosable()).run(good))
        .isInstanceOf(StoreException.class)
        .hasMessage("the lock cannot be given up");
    assertThat(task.id()).isEqualTo("task");

    Dag bad = Dag.named("bad");
    bad.task("task", () -> {
      if (true) {
        throw new IllegalStateException("boom");
      }
      return 1;
    });
    RunFailedException failed =
        catchThrowableOfType(RunFailedException.class, () -> on(unclosable()).run(bad));
    assertThat(failed).hasMessageContaining("boom");
    assertThat(failed.getSuppressed()).hasSize(1);
    assertThat(failed.getSuppressed()[0]).hasMessage("the lock cannot be given up");
  }

  @Test
  void failureOfOneTask_keepsWhatOthersStored() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("others");
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", () -> 2);
    Task<Integer> c = dag.task("c", a, b, Integer::sum);
    Duraflow failing = Duraflow.builder()
        .store(StoreAround.failing(store, new UncheckedIOException(full()), "b"))
        .failurePolicy(FailurePolicy.KEEP_GOING)
        .build();
    Run run = failing.start(dag);
    assertThatThrownBy(run::await).isInstanceOf(RunFailedException.class);
    assertThat(run.get(a)).isEqualTo(1);
    assertThatThrownBy(() -> run.get(b)).hasMessageContaining("it failed");
    assertThatThrownBy(() -> run.get(c)).hasMessageContaining("skipped because task 'b' failed");
    assertThat(run.state()).isEqualTo(RunState.FAILED);
    Run again = on(store).run(dag);
    assertThat(Map.of("reused", again.reused(), "sum", again.get(c)))
        .isEqualTo(Map.of("reused", 1, "sum", 3));
  }
}
