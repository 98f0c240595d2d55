package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.duraflow.error.InvalidDagException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MapTaskTest {
  private final Dag dag = Dag.named("flights");
  private final Task<List<String>> airports = dag.task("airports", () -> List.of());
  private final Outputs in = new Outputs();

  private static String shout(String airport) {
    return airport + "!";
  }

  private MapTask<?, ?> delays() {
    return (MapTask<?, ?>) dag.map("delay", airports, a -> a, MapTaskTest::shout);
  }

  @Test
  void keys_areThoseOfTheElementsInTheirOrder() {
    in.put(airports, List.of("SFO", "ORD", "JFK"));

    assertThat(delays().keys(in)).containsExactly("SFO", "ORD", "JFK");
  }

  @Test
  void keys_ofNoElements_areNone() throws Exception {
    in.put(airports, List.of());
    MapTask<?, ?> delays = delays();

    assertThat(delays.keys(in)).isEmpty();
    assertThat(delays.call(in)).isEmpty();
    assertThat(delays.elements(List.of(), in).size()).isZero();
  }

  @Test
  void keys_twiceTheSame_areRefused() {
    in.put(airports, List.of("SFO", "ORD", "SFO"));
    MapTask<?, ?> delays = delays();

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> delays.keys(in))
        .withMessage("two elements of task 'airports' of DAG 'flights' have the key 'SFO' in map"
            + " 'delay'; choose a key that tells them apart");
  }

  @Test
  void keys_null_areRefused() {
    in.put(airports, List.of("SFO"));
    MapTask<?, ?> delays =
        (MapTask<?, ?>) dag.map("delay", airports, a -> null, MapTaskTest::shout);

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> delays.keys(in))
        .withMessage("an element of task 'airports' of DAG 'flights' has no key in map 'delay';"
            + " every element needs a key that is the same in every process: SFO");
  }

  @Test
  void keys_empty_areRefused() {
    in.put(airports, List.of(""));
    MapTask<?, ?> delays = delays();

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> delays.keys(in))
        .withMessage("a key of map 'delay' must not be empty");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "..", "a[b]", "][", " ", "\uD83D\uDE80", "delay[x]"})
  void keys_odd_areKept(String key) {
    in.put(airports, List.of(key));
    MapTask<?, ?> delays = delays();

    assertThat(delays.keys(in)).containsExactly(key);
    assertThat(delays.elementId(key)).isEqualTo("delay[" + key + "]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\0b", "\n", "a\u007fb"})
  void keys_withControlCharacters_areRefused(String key) {
    in.put(airports, List.of(key));
    MapTask<?, ?> delays = delays();

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> delays.keys(in))
        .withMessageStartingWith("a key of map 'delay' must not contain control characters");
  }

  @Test
  void keys_unpairedSurrogatesAndTooLong_areRefused() {
    MapTask<?, ?> delays = delays();

    in.put(airports, List.of("\uD83D"));
    assertThatExceptionOfType(InvalidDagException.class).isThrownBy(() -> delays.keys(in));
    in.put(airports, List.of("x".repeat(10_001)));
    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> delays.keys(in))
        .withMessageContaining("at most 10000 characters");
  }

  @Test
  void keys_ofElementsOfNoTwoMaps_giveTheSameId() {
    MapTask<?, ?> delay = delays();
    MapTask<?, ?> other = (MapTask<?, ?>) dag.map("delay2", airports, a -> a, MapTaskTest::shout);

    assertThat(delay.elementId("2[x]")).isNotEqualTo(other.elementId("x"));
  }

  @Test
  void keys_ofNullElements_areTheKeysToGive() {
    in.put(airports, Arrays.asList("SFO", null));
    MapTask<?, ?> delays =
        (MapTask<?, ?>) dag.map("delay", airports, a -> a == null ? "none" : a, a -> "" + a);

    assertThat(delays.keys(in)).containsExactly("SFO", "none");
  }

  @Test
  void collection_null_isRefused() {
    in.put(airports, null);
    MapTask<?, ?> delays = delays();

    String message = "task 'airports' of DAG 'flights' returned null, and map 'delay' needs a"
        + " collection; return an empty one";
    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> delays.keys(in))
        .withMessage(message);
    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> delays.call(in))
        .withMessage(message);
  }

  @Test
  void call_callsTheBodyOnEachElementWithWhatIsShared() throws Exception {
    Task<String> prefix = dag.task("prefix", () -> "<");
    Task<String> suffix = dag.task("suffix", () -> ">");
    in.put(airports, List.of("SFO", "ORD")).put(prefix, "<").put(suffix, ">");

    assertThat(dag.map("none", airports, a -> a, a -> a + "!").call(in))
        .containsExactly("SFO!", "ORD!");
    assertThat(dag.map("one", airports, prefix, a -> a, (a, p) -> p + a).call(in))
        .containsExactly("<SFO", "<ORD");
    assertThat(dag.map("two", airports, prefix, suffix, a -> a, (a, p, s) -> p + a + s)
            .call(in))
        .containsExactly("<SFO>", "<ORD>");
  }

  @Test
  void call_keepsNullOutputs() throws Exception {
    in.put(airports, List.of("SFO", "ORD"));
    Task<List<String>> map = dag.map("map", airports, a -> a, a -> a.equals("SFO") ? null : a);

    assertThat(map.call(in)).containsExactly(null, "ORD");
  }

  @Test
  void source_mayBeAnyCollection() throws Exception {
    Task<Collection<Integer>> numbers =
        dag.task("numbers", () -> new LinkedHashSet<>(List.of(2, 1)));
    in.put(numbers, new LinkedHashSet<>(List.of(2, 1)));

    Task<List<Integer>> doubled = dag.map("doubled", numbers, n -> "" + n, n -> 2 * n);

    assertThat(doubled.call(in)).containsExactly(4, 2);
  }

  @Test
  void type_isTheListOfWhatTheBodyRevealed() {
    MapTask<?, ?> delays = delays();

    assertThat(delays.type()).isEqualTo(new TypeRef<List<String>>() {});
    assertThat(delays.elementType()).isEqualTo(TypeRef.of(String.class));
  }

  @Test
  void type_saidByReturns_alsoSaysTheElements() {
    Task<List<List<String>>> words = dag.map("words", airports, a -> a, a -> List.of(a));
    MapTask<?, ?> map = (MapTask<?, ?>) words.returns(new TypeRef<>() {});

    assertThat(map.elementType()).isEqualTo(new TypeRef<List<String>>() {});
    assertThat(map.elements(List.of("SFO"), in).tasks().get(0).type())
        .isEqualTo(new TypeRef<List<String>>() {});
  }

  @Test
  void type_thatIsNotRevealed_isRefusedAndTheMapNamed() {
    Task<List<List<String>>> words = dag.map("words", airports, a -> a, a -> List.of(a));

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(words::type)
        .withMessageStartingWith("the output of task 'words' in DAG 'flights' is java.util.List,")
        .withMessageContaining(".returns(new TypeRef<List<String>>() {})");
  }

  @Test
  void elements_areADagOfTheirOwn() throws Exception {
    in.put(airports, List.of("SFO", "ORD"));
    MapTask<?, ?> delays = delays();

    Dag elements = delays.elements(delays.keys(in), in);

    assertThat(elements.name()).isEqualTo("delay");
    assertThat(elements.tasks()).extracting(Task::id).containsExactly("delay[SFO]", "delay[ORD]");
    assertThat(elements.tasks()).extracting(Task::ordinal).containsExactly(0, 1);
    assertThat(elements.tasks()).allSatisfy(task -> {
      assertThat(task.dependencies()).isEmpty();
      assertThat(task.type()).isEqualTo(TypeRef.of(String.class));
    });
    assertThat(elements.tasks().get(1).call(in)).isEqualTo("ORD!");
    assertThat(elements.tasks().get(0).call(in)).isEqualTo("SFO!");
    assertThat(dag.size()).isEqualTo(2);
  }

  @Test
  void elements_seeWhatIsShared() throws Exception {
    Task<String> prefix = dag.task("prefix", () -> "<");
    in.put(airports, List.of("SFO")).put(prefix, "<");
    MapTask<?, ?> map = (MapTask<?, ?>) dag.map("map", airports, prefix, a -> a, (a, p) -> p + a);

    assertThat(map.elements(List.of("SFO"), in).tasks().get(0).call(new Outputs()))
        .isEqualTo("<SFO");
  }

  @Test
  void elements_askForTheirInputsOnlyWhenABodyRuns_andOnce() throws Exception {
    MapTask<?, ?> delays = delays();
    in.put(airports, List.of("SFO", "ORD"));

    Dag elements = delays.elements(List.of("SFO", "ORD"), in);
    assertThat(in.asked()).isEmpty();

    elements.tasks().get(1).call(in);
    elements.tasks().get(0).call(in);
    assertThat(in.asked()).containsExactly(airports);
  }

  @Test
  void elements_withAKeyThatChanged_areRefused() {
    AtomicInteger calls = new AtomicInteger();
    in.put(airports, List.of("SFO"));
    MapTask<?, ?> map = (MapTask<?, ?>)
        dag.map("map", airports, a -> "k" + calls.getAndIncrement(), MapTaskTest::shout);
    Task<?> element = map.elements(map.keys(in), in).tasks().get(0);

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> element.call(in))
        .withMessage("the element with key 'k0' of map 'map' now has the key 'k1'; a key must be"
            + " the same in every process");
  }

  @Test
  void elements_thatAreGone_areRefused() {
    in.put(airports, new ArrayList<>(List.of("SFO")));
    MapTask<?, ?> delays = delays();
    Task<?> second = delays.elements(List.of("SFO", "ORD"), in).tasks().get(1);

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> second.call(in))
        .withMessage("map 'delay' has a key 'ORD' and task 'airports' of DAG 'flights' no element"
            + " for it any more; it must return the same elements, and nobody may change them");
  }

  @Test
  void elements_cannotBeDependedOn() {
    Task<?> element = delays().elements(List.of("SFO"), in).tasks().get(0);

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> dag.task("later", element, x -> 1))
        .withMessageContaining("task 'delay[SFO]' of DAG 'delay'");
  }
}
