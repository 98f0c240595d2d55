package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tasks that take the elements of a collection one after the other. */
final class StreamRunTest {
  private static final TypeRef<List<String>> STRINGS = new TypeRef<>() {};

  private final Queue<String> calls = new ConcurrentLinkedQueue<>();

  private static Duraflow.Builder on(Store store) {
    return store == null ? Duraflow.builder() : Duraflow.builder().store(store);
  }

  private static Store[] stores() {
    return new Store[] {null, Store.inMemory(), AsyncStore.inMemory()};
  }

  private static Task<List<String>> letters(Dag dag) {
    return dag.task("letters", () -> List.of("a", "b", "c")).returns(STRINGS);
  }

  private Task<List<String>> doubled(Dag dag) {
    return dag.map("doubled", letters(dag), l -> l, l -> {
          calls.add(l);
          return l + l;
        })
        .returns(STRINGS);
  }

  private static Task<String> joined(Dag dag, String id, Task<List<String>> source) {
    return dag.stream(id, source, s -> s.collect(Collectors.joining("-"))).returns(String.class);
  }

  @Test
  void elementsOfMap_comeInOrder_alsoBesideOneWhoTakesTheList() {
    for (Store store : stores()) {
      for (boolean beside : new boolean[] {false, true}) {
        Dag dag = Dag.named("dag" + beside);
        Task<List<String>> map = doubled(dag);
        Task<String> joined = joined(dag, "joined", map);
        Task<Integer> size = beside ? dag.task("size", map, List::size) : null;
        Run run = on(store).build().run(dag);
        assertThat(run.get(joined)).isEqualTo("aa-bb-cc");
        assertThat(run.get(map)).containsExactly("aa", "bb", "cc");
        if (size != null) {
          assertThat(run.get(size)).isEqualTo(3);
        }
      }
    }
  }

  @Test
  void otherCollections_areStreamed() {
    for (Store store : stores()) {
      Dag dag = Dag.named("dag");
      Task<Set<String>> set = dag.<Set<String>>task("set", () -> new TreeSet<>(Set.of("b", "a")))
          .returns(new TypeRef<>() {});
      Task<String> first =
          dag.stream("first", set, s -> s.sorted().findFirst().orElseThrow()).returns(String.class);
      assertThat(on(store).build().run(dag).get(first)).isEqualTo("a");
    }
  }

  @Test
  void nullElements_andNoElements() {
    for (Store store : stores()) {
      Dag dag = Dag.named("dag");
      Task<List<String>> nulls =
          dag.map("nulls", letters(dag), l -> l, l -> (String) null).returns(STRINGS);
      Task<Long> count =
          dag.stream("count", nulls, s -> s.filter(Objects::isNull).count()).returns(Long.class);
      Task<List<String>> empty =
          dag.task("empty", () -> Arrays.<String>asList()).returns(STRINGS);
      Task<List<String>> nothing = dag.map("nothing", empty, l -> l, l -> l).returns(STRINGS);
      Task<Long> zero = dag.stream("zero", nothing, s -> s.count()).returns(Long.class);
      Run run = on(store).build().run(dag);
      assertThat(run.get(count)).isEqualTo(3);
      assertThat(run.get(zero)).isZero();
    }
  }

  @Test
  void resume_streamsARecordedMap() {
    for (Store store : new Store[] {Store.inMemory(), AsyncStore.inMemory()}) {
      AtomicBoolean mended = new AtomicBoolean();
      Dag dag = Dag.named("dag");
      Task<List<String>> map = doubled(dag);
      Task<String> joined = dag.stream("joined", map, s -> {
            if (!mended.get()) {
              throw new IllegalStateException("broken");
            }
            return s.collect(Collectors.joining("-"));
          })
          .returns(String.class);
      assertThatThrownBy(() -> on(store).build().run(dag)).isInstanceOf(RunFailedException.class);
      assertThat(calls).containsExactlyInAnyOrder("a", "b", "c");
      calls.clear();
      mended.set(true);
      assertThat(on(store).build().run(dag).get(joined)).isEqualTo("aa-bb-cc");
      assertThat(calls).isEmpty();
    }
  }

  @Test
  void consumerWithinAnExpansion_andFailedElements() throws Exception {
    for (Store store : stores()) {
      Dag dag = Dag.named("dag");
      Task<List<String>> letters = letters(dag);
      Task<String> within = dag.expand("within", letters, (sub, list) -> {
            Task<List<String>> source = sub.task("source", () -> list).returns(STRINGS);
            Task<List<String>> map = sub.map("map", source, l -> l, l -> l + 1).returns(STRINGS);
            return joined(sub, "joined", map);
          })
          .returns(String.class);
      Task<List<String>> broken = dag.<String, String>map("broken", letters, l -> l, l -> {
            throw new IllegalStateException(l);
          })
          .returns(STRINGS);
      Task<String> never = joined(dag, "never", broken);
      Run run = on(store).failurePolicy(FailurePolicy.KEEP_GOING).build().start(dag);
      assertThat(run.await(Duration.ofMinutes(1))).isTrue();
      assertThat(run.get(within)).isEqualTo("a1-b1-c1");
      assertThatThrownBy(() -> run.get(never)).hasMessageContaining("'broken[");
    }
  }

  @Test
  void elementsThatCouldNotBeStored_areStreamedFromMemory() {
    Store store = new StoreAround(
        Store.inMemory(),
        (run, record) -> record.taskId().equals("doubled[b]")
            ? StoreAround.failed(new IOException("full"))
            : run.save(record));
    Dag dag = Dag.named("dag");
    Task<String> joined = joined(dag, "joined", doubled(dag));
    Run run = on(store).persistPolicy(PersistPolicy.BEST_EFFORT).build().run(dag);
    assertThat(run.get(joined)).isEqualTo("aa-bb-cc");
  }
}
