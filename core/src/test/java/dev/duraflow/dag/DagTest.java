package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.InvalidDagException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DagTest {
  private static final String EMOJI = "\uD83D\uDE80";

  private final Dag dag = Dag.named("delays");

  @Test
  void task_isListedInTheOrderOfDeclaration() {
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", a, x -> x + 1);
    Task<Integer> c = dag.task("c", List.of(b, a), in -> in.get(a) + in.get(b));

    assertThat(dag.name()).isEqualTo("delays");
    assertThat(dag.size()).isEqualTo(3);
    assertThat(dag.tasks()).containsExactly(a, b, c);
    assertThat(dag.tasks()).extracting(Task::ordinal).containsExactly(0, 1, 2);
    assertThat(dag.tasks()).extracting(Task::id).containsExactly("a", "b", "c");
    assertThat(dag.tasks()).allSatisfy(task -> assertThat(task.dag()).isSameAs(dag));
  }

  @Test
  void dag_withoutTasks_isEmpty() {
    assertThat(dag.size()).isZero();
    assertThat(dag.tasks()).isEmpty();
    assertThat(dag.find("a")).isEmpty();
  }

  @Test
  void tasks_cannotBeChangedThroughTheView() {
    Task<Integer> a = dag.task("a", () -> 1);

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> dag.tasks().remove(a));
    assertThat(dag.tasks()).containsExactly(a);
  }

  @Test
  void find_knowsTasksById() {
    Task<Integer> a = dag.task("a", () -> 1);

    assertThat(dag.find("a")).containsSame(a);
    assertThat(dag.find("A")).isEmpty();
  }

  @Test
  void dependencies_areThoseOfTheDeclarationInOrder() {
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", () -> 2);
    Task<Integer> c = dag.task("c", () -> 3);
    Task<Integer> d = dag.task("d", () -> 4);
    Task<List<Integer>> list = dag.task("list", () -> List.of(1));

    assertThat(a.dependencies()).isEmpty();
    assertThat(dag.task("of1", d, x -> x).dependencies()).containsExactly(d);
    assertThat(dag.task("of2", d, a, (x, y) -> x).dependencies()).containsExactly(d, a);
    assertThat(dag.task("of3", d, a, c, (x, y, z) -> x).dependencies()).containsExactly(d, a, c);
    assertThat(dag.task("of4", d, a, c, b, (x, y, z, u) -> x).dependencies())
        .containsExactly(d, a, c, b);
    assertThat(dag.task("ofN", List.of(d, a, c, b, list), in -> 1).dependencies())
        .containsExactly(d, a, c, b, list);
    assertThat(dag.gather("gather", List.of(c, a), values -> 1).dependencies())
        .containsExactly(c, a);
    assertThat(dag.map("map0", list, String::valueOf, x -> x).dependencies()).containsExactly(list);
    assertThat(dag.map("map1", list, d, String::valueOf, (x, s) -> x).dependencies())
        .containsExactly(list, d);
    assertThat(dag.map("map2", list, d, a, String::valueOf, (x, s, t) -> x).dependencies())
        .containsExactly(list, d, a);
  }

  @Test
  void dependencies_mayNameATaskTwice() {
    Task<Integer> a = dag.task("a", () -> 1);

    assertThat(dag.task("sum", a, a, Integer::sum).dependencies()).containsExactly(a, a);
    assertThat(dag.gather("all", List.of(a, a), values -> 1).dependencies()).containsExactly(a, a);
  }

  @Test
  void dependencies_doNotFollowTheListTheyWereDeclaredWith() {
    Task<Integer> a = dag.task("a", () -> 1);
    List<Task<Integer>> tasks = new ArrayList<>(List.of(a));
    Task<Integer> chosen = dag.task("chosen", tasks, in -> in.get(a));
    Task<Integer> gathered = dag.gather("gathered", tasks, List::size);

    tasks.add(chosen);

    assertThat(chosen.dependencies()).containsExactly(a);
    assertThat(gathered.dependencies()).containsExactly(a);
  }

  @Test
  void dependencies_mayBeNone_inTheListForms() {
    assertThat(dag.task("chosen", List.<Task<Integer>>of(), in -> 1).dependencies())
        .isEmpty();
    assertThat(dag.gather("gathered", List.<Task<Integer>>of(), values -> values.size())
            .dependencies())
        .isEmpty();
  }

  @Test
  void id_usedTwice_isRefusedAndTheFirstTaskStays() {
    Task<Integer> first = dag.task("load", () -> 1);

    refused(() -> dag.task("load", () -> 2))
        .withMessage("DAG 'delays' already has a task 'load'; give every task an id of its own");

    assertThat(dag.tasks()).containsExactly(first);
    assertThat(dag.find("load")).containsSame(first);
  }

  @Test
  void id_usedTwice_isRefusedWhateverDeclaresIt() {
    Task<List<Integer>> list = dag.task("list", () -> List.of(1));

    refused(() -> dag.task("list", list, List::size)).withMessageContaining("'list'");
    refused(() -> dag.gather("list", List.of(list), List::size)).withMessageContaining("'list'");
    refused(() -> dag.map("list", list, String::valueOf, x -> x)).withMessageContaining("'list'");
    assertThat(dag.size()).isEqualTo(1);
  }

  @Test
  void ids_thatDifferInCaseOnly_areTwo() {
    assertThat(dag.task("load", () -> 1)).isNotSameAs(dag.task("LOAD", () -> 2));
  }

  @Test
  void id_refusedInOneCall_isFreeForTheNext() {
    Task<Integer> foreign = Dag.named("other").task("a", () -> 1);
    refused(() -> dag.task("b", foreign, x -> x));

    assertThat(dag.task("b", () -> 1).ordinal()).isZero();
  }

  @Test
  void id_empty_isRefused() {
    refused(() -> dag.task("", () -> 1)).withMessage("a task's id must not be empty");
    refused(() -> Dag.named("")).withMessage("a DAG's name must not be empty");
  }

  @Test
  void id_null_isRefused() {
    assertThatNullPointerException().isThrownBy(() -> dag.task(null, () -> 1));
    assertThatNullPointerException().isThrownBy(() -> Dag.named(null));
  }

  @Test
  void body_null_isRefusedWhereItIsDeclared() {
    assertThatNullPointerException()
        .isThrownBy(() -> dag.task("a", (Body0<Integer>) null))
        .withMessage("task 'a' of DAG 'delays' has no body");
    assertThat(dag.size()).isZero();
  }

  @Test
  void dependency_null_isRefused() {
    assertThatNullPointerException()
        .isThrownBy(() -> dag.task("a", (Task<Integer>) null, (Integer x) -> x));
    assertThat(dag.size()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a/b",
        "..",
        ".",
        "../../etc/passwd",
        "C:\\x",
        "con",
        " ",
        "a b",
        "Zürich",
        "東京",
        EMOJI,
        "e\u0301",
        "%2F",
        "'",
        "a:b*c?",
        "\u00a0"
      })
  void id_thatCanBePrinted_isKeptAsItIs(String id) {
    assertThat(dag.task(id, () -> 1).id()).isEqualTo(id);
    assertThat(dag.find(id)).isPresent();
    assertThat(Dag.named(id).name()).isEqualTo(id);
  }

  @Test
  void id_longest_isAccepted() {
    String id = "x".repeat(10_000);

    assertThat(dag.task(id, () -> 1).id()).isEqualTo(id);
    assertThat(Dag.named(id).name()).isEqualTo(id);
  }

  @Test
  void id_tooLong_isRefusedInAMessageThatIsNot() {
    refused(() -> dag.task("x".repeat(10_001), () -> 1))
        .withMessage("a task's id must have at most 10000 characters, and '" + "x".repeat(40)
            + "...' has 10001");
    refused(() -> Dag.named("x".repeat(10_001))).withMessageStartingWith("a DAG's name must have");
  }

  @Test
  void id_tooLong_isQuotedWithoutHalvingACharacter() {
    refused(() -> dag.task("x" + EMOJI.repeat(5_000), () -> 1))
        .withMessageContaining("'x" + EMOJI.repeat(19) + "?...' has 10001");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\0", "\n", "\r", "\t", "\u001b", "\u007f"})
  void id_withControlCharacter_isRefusedAndItsPlaceNamed(String character) {
    refused(() -> dag.task("ab" + character + "c", () -> 1))
        .withMessage(
            "a task's id must not contain control characters or unpaired surrogates: U+%04X at position 2 of 'ab?c'",
            (int) character.charAt(0));
  }

  static Stream<String> unpaired() {
    return Stream.of("\uD83D", "ab\uD83D", "\uDE80x", "\uDE80\uD83D", "\uD83D\uD83D\uDE80");
  }

  @ParameterizedTest
  @MethodSource("unpaired")
  void id_withUnpairedSurrogate_isRefused(String id) {
    refused(() -> dag.task(id, () -> 1)).withMessageContaining("unpaired surrogates: U+D");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a[b]", "[", "]", "a]b"})
  void id_withBrackets_isRefused_becauseTheyNameElements(String id) {
    refused(() -> dag.task(id, () -> 1))
        .withMessage(
            "a task's id must not contain brackets, which name the elements of maps: '" + id + "'");
  }

  @ParameterizedTest
  @MethodSource("declarationsWith")
  void dependency_ofAnotherDag_isRefused(Consumer<Foreign> declaration) {
    Dag other = Dag.named("other");
    Foreign foreign =
        new Foreign(dag, dag.task("own", () -> List.of(1)), other.task("theirs", () -> List.of(1)));

    refused(() -> declaration.accept(foreign))
        .withMessage(
            "task 'mixed' of DAG 'delays' cannot depend on task 'theirs' of DAG 'other'; declare both in one DAG");
    assertThat(dag.size()).isEqualTo(1);
    assertThat(other.size()).isEqualTo(1);
  }

  record Foreign(Dag dag, Task<List<Integer>> own, Task<List<Integer>> theirs) {}

  static Stream<Consumer<Foreign>> declarationsWith() {
    return Stream.of(
        f -> f.dag.task("mixed", f.theirs, a -> a),
        f -> f.dag.task("mixed", f.theirs, f.own, (a, b) -> a),
        f -> f.dag.task("mixed", f.own, f.theirs, (a, b) -> a),
        f -> f.dag.task("mixed", f.theirs, f.own, f.own, (a, b, c) -> a),
        f -> f.dag.task("mixed", f.own, f.theirs, f.own, (a, b, c) -> a),
        f -> f.dag.task("mixed", f.own, f.own, f.theirs, (a, b, c) -> a),
        f -> f.dag.task("mixed", f.theirs, f.own, f.own, f.own, (a, b, c, d) -> a),
        f -> f.dag.task("mixed", f.own, f.theirs, f.own, f.own, (a, b, c, d) -> a),
        f -> f.dag.task("mixed", f.own, f.own, f.theirs, f.own, (a, b, c, d) -> a),
        f -> f.dag.task("mixed", f.own, f.own, f.own, f.theirs, (a, b, c, d) -> a),
        f -> f.dag.task("mixed", List.of(f.own, f.theirs), in -> 1),
        f -> f.dag.gather("mixed", List.of(f.own, f.theirs), List::size),
        f -> f.dag.map("mixed", f.theirs, String::valueOf, x -> x),
        f -> f.dag.map("mixed", f.theirs, f.own, String::valueOf, (x, s) -> x),
        f -> f.dag.map("mixed", f.own, f.theirs, String::valueOf, (x, s) -> x),
        f -> f.dag.map("mixed", f.theirs, f.own, f.own, String::valueOf, (x, s, t) -> x),
        f -> f.dag.map("mixed", f.own, f.theirs, f.own, String::valueOf, (x, s, t) -> x),
        f -> f.dag.map("mixed", f.own, f.own, f.theirs, String::valueOf, (x, s, t) -> x));
  }

  @Test
  void dependency_ofADagWithTheSameName_isRefusedToo() {
    Task<Integer> theirs = Dag.named("delays").task("a", () -> 1);

    refused(() -> dag.task("b", theirs, x -> x)).withMessageContaining("task 'a' of DAG 'delays'");
  }

  @Test
  void aMillionTasks_canBeDeclared() {
    int count = 1_000_000;
    for (int i = 0; i < count; i++) {
      dag.task("t" + i, () -> 1);
    }

    assertThat(dag.size()).isEqualTo(count);
    assertThat(dag.find("t999999").orElseThrow().ordinal()).isEqualTo(count - 1);
  }

  @Test
  void aChainOfAMillionTasks_canBeDeclared() {
    int length = 1_000_000;
    Task<Integer> last = dag.task("t0", () -> 0);
    for (int i = 1; i < length; i++) {
      last = dag.task("t" + i, last, x -> x + 1);
    }

    int depth = 0;
    for (Task<?> at = last; !at.dependencies().isEmpty(); at = at.dependencies().get(0)) {
      depth++;
    }
    assertThat(depth).isEqualTo(length - 1);
    assertThat(last).hasToString("task 't999999' of DAG 'delays'");
    assertThat(last.type()).isEqualTo(TypeRef.of(Integer.class));
  }

  private static ThrowableAssertAlternative<InvalidDagException> refused(Runnable declaration) {
    return assertThatExceptionOfType(InvalidDagException.class).isThrownBy(declaration::run);
  }

  @Test
  void id_likeThoseWithinAnExpansion_isRefused_whicheverComesFirst() {
    Dag dag = Dag.named("delays");
    Task<Integer> count = dag.task("count", () -> 1);
    dag.task("train/epoch", () -> 1);
    assertThatThrownBy(() -> dag.expand("train", count, (sub, n) -> sub.task("epoch", () -> n)))
        .isInstanceOf(InvalidDagException.class)
        .hasMessage("task 'train/epoch' of DAG 'delays' has an id like those of the tasks within "
            + "expansion 'train'; give it one that does not begin with 'train/'");
    dag.expand("test", count, (sub, n) -> sub.task("epoch", () -> n));
    assertThatThrownBy(() -> dag.task("test/a/b", () -> 1))
        .isInstanceOf(InvalidDagException.class)
        .hasMessageContaining("does not begin with 'test/'");
    dag.task("tests/a", () -> 1);
    dag.task("train", () -> 1); // what was refused has left nothing behind
    assertThat(dag.tasks()).extracting(Task::id).doesNotContain("test/a/b").hasSize(5);
  }
}
