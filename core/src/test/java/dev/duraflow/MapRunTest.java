package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A task per element of what another task returned. */
final class MapRunTest {
  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  private final Queue<String> calls = new ConcurrentLinkedQueue<>();

  private static List<Integer> upTo(int size) {
    return IntStream.range(0, size).boxed().toList();
  }

  private static Task<List<Integer>> range(Dag dag, int size) {
    return dag.task("range", () -> upTo(size)).returns(INTEGERS);
  }

  private static Duraflow on(Store store) {
    return Duraflow.builder().store(store).build();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 100_000})
  void map_ofAnySize(int size) {
    for (Duraflow duraflow :
        List.of(Duraflow.withoutStore(), on(Store.inMemory()), on(AsyncStore.inMemory()))) {
      Dag dag = Dag.named("size");
      Task<List<Integer>> map = dag.map("map", range(dag, size), String::valueOf, n -> n + 1);
      Task<Integer> count = dag.task("count", map, List::size);
      Run run = duraflow.run(dag);
      assertThat(run.get(count)).isEqualTo(size);
      assertThat(run.get(map)).isEqualTo(IntStream.rangeClosed(1, size).boxed().toList());
      assertThat(run.total()).isEqualTo(size + 3);
      assertThat(run.completed()).isEqualTo(size + 3);
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
    }
  }

  @Test
  void map_ofMap_ofMap_andSharedInputs() {
    for (Duraflow duraflow :
        List.of(Duraflow.withoutStore(), on(Store.inMemory()), on(AsyncStore.inMemory()))) {
      Dag dag = Dag.named("maps");
      Task<Integer> ten = dag.task("ten", () -> 10);
      Task<String> dash = dag.task("dash", () -> "-");
      Task<List<Integer>> one = dag.map("one", range(dag, 4), String::valueOf, n -> n + 1);
      Task<List<Integer>> two = dag.map("two", one, ten, String::valueOf, (n, t) -> n * t);
      Task<List<String>> three =
          dag.map("three", two, ten, dash, n -> "k/" + n, (n, t, d) -> d + (n + t));
      assertThat(duraflow.run(dag).get(three)).containsExactly("-20", "-30", "-40", "-50");
      Run again = duraflow.run(dag);
      assertThat(again.get(three)).containsExactly("-20", "-30", "-40", "-50");
      assertThat(again.total()).isEqualTo(6 + 12);
      assertThat(again.completed()).isEqualTo(6 + 12);
    }
  }

  @Test
  void map_ofSetWithNullElements() {
    Dag dag = Dag.named("nulls");
    Task<Set<String>> names = dag.task("names", () -> {
          Set<String> set = new LinkedHashSet<>();
          set.add("b");
          set.add(null);
          set.add("a");
          return set;
        })
        .returns(new TypeRef<Set<String>>() {});
    Task<List<String>> map =
        dag.map("map", names, s -> s == null ? "none" : s, s -> s == null ? null : s + s);
    for (Duraflow duraflow : List.of(Duraflow.withoutStore(), on(Store.inMemory()))) {
      assertThat(duraflow.run(dag).get(map)).containsExactly("bb", null, "aa");
      assertThat(duraflow.run(dag).get(map)).containsExactly("bb", null, "aa");
    }
  }

  @Test
  void elements_areFoundById() {
    Dag dag = Dag.named("find");
    Task<List<Integer>> map = dag.map("delay", range(dag, 3), n -> "ORD/" + n, n -> n * n);
    Run run = on(Store.inMemory()).run(dag);
    assertThat(run.find("delay[ORD/2]", Integer.class)).contains(4);
    assertThat(run.find("delay", INTEGERS)).contains(List.of(0, 1, 4));
    assertThat(run.find("delay[ORD/3]", Integer.class)).isEmpty();
    assertThat(run.get(map)).hasSize(3);
  }

  @Test
  void resume_runsOnlyTheElementsThatAreMissing_andCountsTheOthersAsReused() {
    for (boolean async : new boolean[] {false, true}) {
      calls.clear();
      Store store = async ? AsyncStore.inMemory() : Store.inMemory();
      AtomicBoolean broken = new AtomicBoolean(true);
      Dag dag = Dag.named("resume");
      Task<List<Integer>> map = dag.map("map", range(dag, 6), String::valueOf, n -> {
        calls.add("map[" + n + "]");
        if (broken.get() && n % 2 == 0) {
          throw new IllegalStateException("even");
        }
        return n * 2;
      });
      Task<Integer> size = dag.task("size", map, List::size);
      Duraflow duraflow = Duraflow.builder()
          .store(store)
          .failurePolicy(FailurePolicy.KEEP_GOING)
          .build();
      try {
        duraflow.run(dag);
      } catch (RunFailedException e) {
        assertThat(e.failures()).hasSize(3);
      }
      assertThat(calls).hasSize(6);
      calls.clear();
      broken.set(false);
      Run run = duraflow.run(dag);
      assertThat(run.get(map)).containsExactly(0, 2, 4, 6, 8, 10);
      assertThat(run.get(size)).isEqualTo(6);
      assertThat(calls).containsExactlyInAnyOrder("map[0]", "map[2]", "map[4]");
      assertThat(run.reused()).isEqualTo(1 + 3);
      assertThat(run.total()).isEqualTo(9);
      Run third = duraflow.run(dag);
      assertThat(third.reused()).isEqualTo(9);
      assertThat(third.total()).isEqualTo(9);
      assertThat(third.completed()).isEqualTo(9);
    }
  }

  @Test
  void resume_ofAFinishedMap_doesNotAskForTheCollectionAgain() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("again");
    Task<List<Integer>> range = dag.task("range", () -> {
          calls.add("range");
          return upTo(3);
        })
        .returns(INTEGERS);
    Task<List<Integer>> map = dag.map(
        "map",
        range,
        n -> {
          calls.add("key");
          return "" + n;
        },
        n -> n);
    on(store).run(dag);
    calls.clear();
    CountingCodec codec = new CountingCodec();
    Run run = Duraflow.builder().store(store).codec(codec).build().run(dag);
    assertThat(run.get(map)).containsExactly(0, 1, 2);
    assertThat(calls).isEmpty();
    assertThat(codec.decoded).doesNotContain(upTo(3));
  }

  @Test
  void keysAreDurableBeforeAnyElementRuns() {
    Store inner = Store.inMemory();
    Set<String> acknowledged = StoreAround.newIds();
    Store store =
        new AsyncStore(StoreAround.noting(inner, acknowledged), AsyncStore.Mode.IN_ORDER, 0);
    Dag dag = Dag.named("keys");
    Task<List<Boolean>> map =
        dag.map("map", range(dag, 5), String::valueOf, n -> acknowledged.contains("map"));
    assertThat(on(store).run(dag).get(map)).containsOnly(true).hasSize(5);
  }

  @Test
  void outputsOfElements_areNotKeptForAMapThatNobodyReads() {
    Store inner = Store.inMemory();
    Queue<String> loads = new ConcurrentLinkedQueue<>();
    Store store = new Store() {
      @Override
      public OpenRun open(String runId) {
        OpenRun run = inner.open(runId);
        return new OpenRun() {
          @Override
          public Optional<dev.duraflow.store.TaskRecord> find(String taskId) {
            loads.add(taskId);
            return run.find(taskId);
          }

          @Override
          public CompletionStage<Void> save(dev.duraflow.store.TaskRecord record) {
            return run.save(record);
          }

          @Override
          public void close() {
            run.close();
          }
        };
      }

      @Override
      public void close() {}
    };
    Dag dag = Dag.named("kept");
    Task<List<Integer>> range = range(dag, 4);
    Task<List<Integer>> read = dag.map("read", range, String::valueOf, n -> n);
    Task<List<Integer>> unread = dag.map("unread", range, String::valueOf, n -> n);
    Task<Integer> size = dag.task("size", read, List::size);
    Run run = on(store).run(dag);
    assertThat(run.get(size)).isEqualTo(4);
    // What is wanted within the run was in memory, and what only the caller wants is read.
    Queue<String> during = new ConcurrentLinkedQueue<>(loads);
    loads.clear();
    assertThat(run.get(unread)).containsExactly(0, 1, 2, 3);
    assertThat(loads).contains("unread[0]", "unread[3]");
    assertThat(during.stream().filter(id -> id.equals("read[0]")).collect(Collectors.toList()))
        .as("looked for once, when the element was to be run")
        .hasSize(1);
  }

  /** The list was not recorded, so that it is made again and is another one. */
  @Test
  void elementsThatComeAndGo_areTold_runOrReused_andTheirRecordsStay() {
    Store inner = Store.inMemory();
    Store store = new StoreAround(
        inner,
        (run, record) -> record.taskId().equals("list")
            ? StoreAround.failed(new IOException("full"))
            : run.save(record));
    AtomicReference<List<Integer>> numbers = new AtomicReference<>(List.of(0, 1, 2, 3));
    AtomicBoolean broken = new AtomicBoolean(true);
    Queue<RunEvent.ElementsChanged> changes = new ConcurrentLinkedQueue<>();
    Dag dag = Dag.named("changing");
    Task<List<Integer>> list = dag.task("list", numbers::get).returns(INTEGERS);
    Task<List<Integer>> map = dag.map("map", list, String::valueOf, n -> {
      calls.add("map[" + n + "]");
      if (broken.get() && n == 1) {
        throw new IllegalStateException("one");
      }
      return n * 10;
    });
    Duraflow duraflow = Duraflow.builder()
        .store(store)
        .failurePolicy(FailurePolicy.KEEP_GOING)
        .persistPolicy(PersistPolicy.BEST_EFFORT)
        .listener(event -> {
          if (event instanceof RunEvent.ElementsChanged changed) {
            changes.add(changed);
          }
        })
        .build();
    assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("map[1]");
    assertThat(changes).isEmpty();

    calls.clear();
    broken.set(false);
    numbers.set(List.of(5, 3, 1, 4));
    Run run = duraflow.run(dag);
    assertThat(run.get(map)).containsExactly(50, 30, 10, 40);
    assertThat(calls).containsExactlyInAnyOrder("map[5]", "map[1]", "map[4]");
    assertThat(changes).singleElement().satisfies(changed -> {
      assertThat(changed.taskId()).isEqualTo("map");
      assertThat(changed.added()).containsExactly("5", "4");
      assertThat(changed.removed()).containsExactly("0", "2");
    });
    assertThat(run.find("map[2]", Integer.class)).contains(20);
    assertThat(run.find("map", INTEGERS)).contains(List.of(50, 30, 10, 40));

    calls.clear();
    numbers.set(List.of(7));
    Run finished = duraflow.run(dag);
    assertThat(finished.get(map)).as("it has finished").containsExactly(50, 30, 10, 40);
    assertThat(calls).isEmpty();
    assertThat(changes).hasSize(1);
  }

  @Test
  void elementsInAnotherOrder_areNoChange() {
    AtomicReference<List<Integer>> numbers = new AtomicReference<>(List.of(1, 2));
    AtomicBoolean broken = new AtomicBoolean(true);
    Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
    Store inner = Store.inMemory();
    Store store = new StoreAround(
        inner,
        (run, record) -> record.taskId().equals("list")
            ? StoreAround.failed(new IOException("full"))
            : run.save(record));
    Dag dag = Dag.named("changing");
    Task<List<Integer>> list = dag.task("list", numbers::get).returns(INTEGERS);
    Task<List<Integer>> map = dag.map("map", list, String::valueOf, n -> {
      if (broken.get()) {
        throw new IllegalStateException("" + n);
      }
      return n * 10;
    });
    Duraflow duraflow = Duraflow.builder()
        .store(store)
        .persistPolicy(PersistPolicy.BEST_EFFORT)
        .listener(events::add)
        .build();
    assertThatThrownBy(() -> duraflow.run(dag)).isInstanceOf(RunFailedException.class);
    broken.set(false);
    numbers.set(List.of(2, 1));
    assertThat(duraflow.run(dag).get(map)).containsExactly(20, 10);
    assertThat(events).noneMatch(RunEvent.ElementsChanged.class::isInstance);
  }
}
