package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.PersistException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ResumeTest {
  @TempDir
  private static Path directory;

  private static final AtomicInteger DIRECTORIES = new AtomicInteger();

  private final Queue<String> calls = new ConcurrentLinkedQueue<>();

  static List<Store> stores() {
    return List.of(
        Store.inMemory(),
        AsyncStore.inMemory(),
        new AsyncStore(Store.inMemory(), AsyncStore.Mode.BATCHED, 1),
        new AsyncStore(Store.inMemory(), AsyncStore.Mode.SHUFFLED, 1),
        Store.files(directory.resolve("store" + DIRECTORIES.incrementAndGet())),
        Store.journal(directory.resolve("store" + DIRECTORIES.incrementAndGet())));
  }

  private <T> T called(String id, T value) {
    calls.add(id);
    return value;
  }

  private static Duraflow on(Store store) {
    return Duraflow.builder().store(store).build();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void finishedRun_callsNoBodyAgain(Store store) {
    Dag dag = Dag.named("resume");
    Task<Integer> one = dag.task("one", () -> called("one", 1));
    Task<Integer> two = dag.task("two", one, a -> called("two", a + 1));
    assertThat(on(store).run(dag).get(two)).isEqualTo(2);
    Run again = on(store).run(dag);
    assertThat(again.get(two)).isEqualTo(2);
    assertThat(again.get(one)).isEqualTo(1);
    assertThat(again.reused()).isEqualTo(2);
    assertThat(again.completed()).isEqualTo(2);
    assertThat(again.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(calls).containsExactly("one", "two");
  }

  @ParameterizedTest
  @MethodSource("stores")
  void persistedValue_winsOverAChangedBody(Store store) {
    Dag first = Dag.named("changed");
    Task<Integer> before = first.task("task", () -> 1);
    on(store).run(first);
    Dag second = Dag.named("changed");
    Task<Integer> after = second.task("task", () -> called("changed", 2));
    Task<Integer> next = second.task("next", after, a -> a * 10);
    Run run = on(store).run(second);
    assertThat(run.get(after)).isEqualTo(1);
    assertThat(run.get(next)).isEqualTo(10);
    assertThat(calls).isEmpty();
    assertThat(before.id()).isEqualTo(after.id());
  }

  @ParameterizedTest
  @MethodSource("stores")
  void anotherRunId_isAnotherRun(Store store) {
    Dag dag = Dag.named("ids");
    dag.task("task", () -> called("task", 1));
    on(store).run(dag, "a");
    on(store).run(dag, "b");
    on(store).run(dag, "a");
    assertThat(calls).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void nullOutput_isReused(Store store) {
    Dag dag = Dag.named("null");
    Task<String> task = dag.task("task", () -> called("task", null));
    on(store).run(dag);
    Task<Boolean> next = dag.task("next", task, a -> a == null);
    Run run = on(store).run(dag);
    assertThat(run.get(task)).isNull();
    assertThat(run.get(next)).isTrue();
    assertThat(calls).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("stores")
  void finishedTaskWithAnUnfinishedDependency_isNotCalledAgain(Store store) {
    Dag first = Dag.named("inserted");
    first.task("b", () -> called("b", 20));
    first.task("d", () -> called("d", 40));
    on(store).run(first);
    calls.clear();

    Dag second = Dag.named("inserted");
    Task<Integer> a = second.task("a", () -> called("a", 1));
    Task<Integer> b = second.task("b", a, x -> called("b", x));
    Task<Integer> c = second.task("c", b, x -> called("c", x + 1));
    Task<Integer> d = second.task("d", a, c, (x, y) -> called("d", x + y));
    Task<Integer> e = second.task("e", d, c, a, (x, y, z) -> called("e", x + y + z));
    Run run = on(store).run(second);
    assertThat(calls).containsExactlyInAnyOrder("a", "c", "e");
    assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(run.get(b)).isEqualTo(20);
    assertThat(run.get(d)).isEqualTo(40);
    assertThat(run.get(e)).isEqualTo(40 + 21 + 1);
    assertThat(run.completed()).isEqualTo(5);
    assertThat(run.reused()).isEqualTo(2);
  }

  @Test
  void resume_decodesOnlyWhatIsNeeded() {
    Store store = Store.inMemory();
    Dag first = Dag.named("decode");
    Task<Integer> a = first.task("a", () -> 1);
    Task<Integer> b = first.task("b", a, x -> 20);
    Task<Integer> c = first.task("c", () -> 300);
    first.task("d", b, c, (x, y) -> 4000);
    on(store).run(first);
    Task<Integer> e = first.task("e", b, x -> x + 1);

    CountingCodec codec = new CountingCodec();
    Run run = Duraflow.builder().store(store).codec(codec).build().run(first);
    assertThat(run.reused()).isEqualTo(4);
    // The engine reads the first output of a type back, to know that it can be read.
    assertThat(codec.decoded).containsExactly(20, 21);
    assertThat(run.get(e)).isEqualTo(21);
    assertThat(run.get(c)).isEqualTo(300);
    assertThat(codec.decoded).containsExactly(20, 21, 21, 300);
  }

  @Test
  void resume_withNothingToDo_decodesNothing() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("decode");
    Task<Integer> a = dag.task("a", () -> 1);
    dag.task("b", a, x -> x + 1);
    on(store).run(dag);
    CountingCodec codec = new CountingCodec();
    Duraflow.builder().store(store).codec(codec).build().run(dag);
    assertThat(codec.decoded).isEmpty();
  }

  @Test
  void neededByMany_isDecodedOnceWhenOneAfterTheOtherNeedsIt() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("decode");
    Task<Integer> a = dag.task("a", () -> 7);
    on(store).run(dag);
    for (int i = 0; i < 10; i++) {
      dag.task("n" + i, a, x -> "text");
    }
    CountingCodec codec = new CountingCodec();
    Duraflow.builder().store(store).codec(codec).maxConcurrency(1).build().run(dag);
    assertThat(codec.decoded).containsExactly(7, "text");
  }

  /** Something that can be stored and whose going can be seen. */
  record Big(List<Integer> numbers) {}

  @ParameterizedTest
  @MethodSource("stores")
  void outputs_areDroppedAfterTheirLastConsumer_andReadFromTheStoreWhenAskedFor(Store store) {
    List<WeakReference<Big>> made = new ArrayList<>();
    Dag dag = Dag.named("dropped");
    Task<Big> source = dag.task("source", () -> kept(made, 1));
    Task<Big> middle = dag.task("middle", source, s -> kept(made, s.numbers.size() + 1));
    Task<Integer> both =
        dag.task("both", source, middle, (s, m) -> s.numbers.size() + m.numbers.size());
    Task<Integer> end = dag.task("end", both, n -> {
      for (WeakReference<Big> each : made) {
        awaitCleared(each);
      }
      return n;
    });
    Run run = Duraflow.builder().store(store).maxConcurrency(1).build().run(dag);
    assertThat(run.get(end)).isEqualTo(3);
    assertThat(run.get(source).numbers).hasSize(1);
    assertThat(run.get(middle).numbers).hasSize(2);
  }

  @Test
  void keptOutputs_areNotReadFromTheStore() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("kept");
    Task<Integer> source = dag.task("source", () -> 3).keep();
    Task<List<Integer>> list = dag.task("list", source, n -> Collections.nCopies(1, n))
        .returns(new TypeRef<List<Integer>>() {});
    Task<List<Integer>> map = dag.map("map", list, n -> "key" + n, n -> n + 1).keep();
    Task<Integer> dropped = dag.task("dropped", source, n -> n + 2);
    Task<Integer> end = dag.task("end", map, dropped, (m, d) -> m.get(0) + d);
    assertThat(source.isKept()).isTrue();
    assertThat(end.isKept()).isFalse();
    CountingCodec codec = new CountingCodec();
    Run run = Duraflow.builder().store(store).codec(codec).build().run(dag);
    codec.decoded.clear(); // the first value of a type is read back
    assertThat(run.get(source)).isEqualTo(3);
    assertThat(run.get(map)).containsExactly(4);
    assertThat(codec.decoded).isEmpty();
    assertThat(run.get(dropped)).isEqualTo(5);
    assertThat(codec.decoded).containsExactly(5);
    codec.decoded.clear();
    Run resumed = Duraflow.builder().store(store).codec(codec).build().run(dag);
    assertThat(resumed.get(source)).isEqualTo(3);
    assertThat(resumed.get(source)).isEqualTo(3);
    assertThat(codec.decoded).as("read once, then kept").containsOnlyOnce(3);
  }

  @Test
  void outputs_areRetainedWithoutStore() {
    List<WeakReference<Big>> made = new ArrayList<>();
    Dag dag = Dag.named("retained");
    Task<Big> source = dag.task("source", () -> kept(made, 1));
    dag.task("next", source, s -> s.numbers.size());
    Run run = Duraflow.withoutStore().run(dag);
    System.gc();
    assertThat(run.get(source)).isSameAs(made.get(0).get()).isNotNull();
  }

  private static Big kept(List<WeakReference<Big>> made, int size) {
    Big big = new Big(Collections.nCopies(size, 7));
    made.add(new WeakReference<>(big));
    return big;
  }

  /** The collector decides when; the test's time limit ends the wait if a reference is kept. */
  private static void awaitCleared(WeakReference<?> reference) {
    for (int i = 0; i < 1_000 && reference.get() != null; i++) {
      System.gc();
    }
    assertThat(reference.get()).as("an output after its last consumer").isNull();
  }

  @ParameterizedTest
  @MethodSource("stores")
  void typeMismatch_isFoundBeforeAnythingRuns_andNothingIsOverwritten(Store store) {
    Dag first = Dag.named("mismatch");
    first.task("charge", () -> 1);
    on(store).run(first);

    Dag second = Dag.named("mismatch");
    second.task("before", () -> called("before", 1));
    second.task("charge", () -> called("charge", "one"));
    assertThatThrownBy(() -> on(store).run(second))
        .isInstanceOf(TypeMismatchException.class)
        .hasMessageContaining("task 'charge' in run 'mismatch' was stored as java.lang.Integer"
            + " but is now declared as java.lang.String");
    assertThatThrownBy(() -> on(store).start(second)).isInstanceOf(TypeMismatchException.class);
    assertThat(calls).isEmpty();
    assertThat(on(store).run(first).reused()).isEqualTo(1);
  }

  @Test
  void typeMismatch_inALaterElementOfAnUnfinishedMap_isFoundBeforeAnythingRuns() {
    Store store = Store.inMemory();
    Dag first = Dag.named("map");
    Task<List<Integer>> numbers =
        first.task("numbers", () -> List.of(1, 2, 3)).returns(new TypeRef<List<Integer>>() {});
    first.map("m", numbers, String::valueOf, n -> {
      if (n == 1) {
        throw new IllegalStateException("not now");
      }
      return "text";
    });
    Duraflow keepsGoing = Duraflow.builder()
        .store(store)
        .failurePolicy(dev.duraflow.dag.FailurePolicy.KEEP_GOING)
        .build();
    assertThatThrownBy(() -> keepsGoing.run(first)).isInstanceOf(RunFailedException.class);

    Dag second = Dag.named("map");
    Task<List<Integer>> same =
        second.task("numbers", () -> List.of(1, 2, 3)).returns(new TypeRef<List<Integer>>() {});
    second.task("before", () -> called("before", 1));
    second.map("m", same, String::valueOf, n -> called("m", n));
    assertThatThrownBy(() -> on(store).run(second))
        .isInstanceOf(TypeMismatchException.class)
        .hasMessageContaining("m[2]");
    assertThat(calls).isEmpty();
  }

  @Test
  void neededRecordThatDoesNotDecode_failsTheTaskThatNeedsIt_andIsNotOverwritten()
      throws IOException {
    Store store = Store.inMemory();
    Dag dag = Dag.named("garbage");
    Task<Integer> a = dag.task("a", () -> called("a", 1));
    on(store).run(dag);
    try (OpenRun open = store.open("garbage")) {
      open.save(new TaskRecord(
              "a",
              TaskRecord.Kind.OUTPUT,
              "java.lang.Integer",
              "json",
              1,
              Instant.EPOCH,
              Instant.EPOCH,
              Payload.of("{gar".getBytes(StandardCharsets.UTF_8))))
          .toCompletableFuture()
          .join();
    }
    dag.task("b", a, x -> called("b", x));
    assertThatThrownBy(() -> on(store).run(dag))
        .isInstanceOf(RunFailedException.class)
        .hasMessageContaining("task 'b' failed")
        .hasMessageContaining(
            "the record of task 'a' in run 'garbage' cannot be read as java.lang.Integer")
        .hasMessageContaining("change the type back, rename the task");
    assertThat(calls).containsExactly("a");
    try (OpenRun open = store.open("garbage")) {
      assertThat(open.find("a").orElseThrow().payload().bytes()).asString().isEqualTo("{gar");
    }
  }

  @Test
  void idempotencyKey_isTheSameWhenTheTaskIsTriedAgain() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("keys");
    dag.task("charge", () -> called(TaskContext.current().idempotencyKey(), 1));
    Store failing =
        StoreAround.failing(store, new UncheckedIOException(new IOException("full")), "charge");
    assertThatThrownBy(() -> on(failing).run(dag, "invoice-1042"))
        .hasCauseInstanceOf(PersistException.class);
    on(store).run(dag, "invoice-1042");
    assertThat(calls).containsExactly("invoice-1042/charge", "invoice-1042/charge");
  }

  @Test
  void failedSave_isTriedAgainByTheNextRun() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("again");
    Task<Integer> a = dag.task("a", () -> called("a", 1));
    Task<Integer> b = dag.task("b", a, x -> called("b", x + 1));
    Store failing = new StoreAround(
        store,
        (run, record) -> record.taskId().equals("b")
            ? CompletableFuture.failedFuture(new IOException("full"))
            : run.save(record));
    assertThatThrownBy(() -> on(failing).run(dag)).isInstanceOf(RunFailedException.class);
    assertThat(on(store).run(dag).get(b)).isEqualTo(2);
    assertThat(calls).containsExactly("a", "b", "b");
  }
}
