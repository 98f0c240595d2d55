package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.duraflow.error.InvalidDagException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TaskTest {
  private final Dag dag = Dag.named("delays");
  private final Outputs in = new Outputs();

  @Test
  void call_givesTheBodyItsInputsInOrder() throws Exception {
    Task<String> a = dag.task("a", () -> "a");
    Task<String> b = dag.task("b", () -> "b");
    Task<String> c = dag.task("c", () -> "c");
    Task<String> d = dag.task("d", () -> "d");
    in.put(a, "A").put(b, "B").put(c, "C").put(d, "D");

    assertThat(a.call(in)).isEqualTo("a");
    assertThat(dag.task("1", d, w -> w + 1).call(in)).isEqualTo("D1");
    assertThat(dag.task("2", d, a, (w, x) -> w + x).call(in)).isEqualTo("DA");
    assertThat(dag.task("3", d, a, c, (w, x, y) -> w + x + y).call(in)).isEqualTo("DAC");
    assertThat(dag.task("4", d, a, c, b, (w, x, y, z) -> w + x + y + z).call(in))
        .isEqualTo("DACB");
    assertThat(dag.task("N", List.of(a, b, c), i -> i.get(c) + i.get(a)).call(in))
        .isEqualTo("CA");
    assertThat(
            dag.gather("L", List.of(c, a, c), values -> String.join("", values)).call(in))
        .isEqualTo("CAC");
  }

  @Test
  void call_takesNullAsAnyOtherValue() throws Exception {
    Task<String> nothing = dag.<String>task("nothing", () -> null);
    in.put(nothing, null);

    assertThat(nothing.call(in)).isNull();
    assertThat(dag.task("1", nothing, x -> x == null).call(in)).isTrue();
    assertThat(dag.task("L", List.of(nothing), i -> i.get(nothing)).call(in)).isNull();
    assertThat(dag.gather("G", List.of(nothing, nothing), values -> values).call(in))
        .isEqualTo(Arrays.asList(null, null));
  }

  @Test
  void call_throwsWhatTheBodyThrows() {
    IOException failure = new IOException("no file");
    Task<String> failing = dag.task("a", () -> {
      throw failure;
    });

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> failing.call(in))
        .isSameAs(failure);
  }

  @Test
  void call_gathersTasksOfSubtypes() throws Exception {
    Task<Integer> i = dag.task("i", () -> 1);
    Task<Double> d = dag.task("d", () -> 2.5);
    in.put(i, 1).put(d, 2.5);

    Task<Double> sum = dag.<Number, Double>gather(
        "sum",
        List.of(i, d),
        values -> values.stream().mapToDouble(Number::doubleValue).sum());

    assertThat(sum.call(in)).isEqualTo(3.5);
  }

  @Test
  void inputs_giveNoTaskThatWasNotDeclared() {
    Task<Integer> a = dag.task("a", () -> 1);
    Task<Integer> b = dag.task("b", () -> 2);
    Task<Integer> c = dag.task("c", List.of(a), i -> i.get(a) + i.get(b));
    in.put(a, 1).put(b, 2);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> c.call(in))
        .withMessage("task 'b' of DAG 'delays' is not a declared dependency of task 'c' of DAG"
            + " 'delays'; add it to the list it is declared with");
  }

  @Test
  void body_mayKeepState() throws Exception {
    List<String> seen = new ArrayList<>();
    Task<Integer> counter = dag.task("counter", () -> {
      seen.add("call");
      return seen.size();
    });

    counter.call(in);

    assertThat(counter.call(in)).isEqualTo(2);
  }

  @Test
  void returns_saysTheType_andGivesTheTaskBack() {
    Task<List<String>> names = dag.task("names", () -> List.of("a"));

    assertThat(names.returns(new TypeRef<>() {})).isSameAs(names);
    assertThat(names.type()).hasToString("java.util.List<java.lang.String>");
  }

  @Test
  void returns_winsOverWhatTheBodyReveals() {
    Task<CharSequence> text = dag.task("text", () -> "a");
    assertThat(text.type()).isEqualTo(TypeRef.of(CharSequence.class));

    text.returns(TypeRef.ofType(String.class));

    assertThat(text.type()).isEqualTo(TypeRef.of(String.class));
  }

  @Test
  void returns_aClass() {
    Task<Number> number = dag.task("number", () -> 1);

    assertThat(number.returns(TypeRef.ofType(int.class)).type()).hasToString("java.lang.Integer");
    assertThat(dag.task("n", () -> 1).returns(Integer.class).type())
        .hasToString("java.lang.Integer");
  }

  @Test
  @SuppressWarnings({"rawtypes", "unchecked"
  }) // what the compiler lets pass is refused all the same
  void returns_refusesATypeThatIsNotDefinite() {
    Task raw = dag.task("raw", () -> new ArrayList<String>());
    Task<List<?>> wild = dag.task("wild", () -> List.of(1));
    Task<Object> anything = dag.task("anything", () -> 1);

    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> raw.returns(List.class))
        .withMessage("task 'raw' cannot return java.util.List, which is generic, and its type"
            + " arguments are not known here; name every type argument, as in new"
            + " TypeRef<List<String>>() {}");
    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> wild.returns(new TypeRef<>() {}))
        .withMessageContaining("task 'wild' cannot return java.util.List<?>, which has the type"
            + " argument ?, which is not one definite type");
    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> anything.returns(Object.class))
        .withMessageContaining("java.lang.Object, which says nothing about the value");
    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(() -> TaskTest.<String>returnsItsVariable(dag))
        .withMessageContaining("java.util.List<T>, which has the type argument T");
    assertThatNullPointerException().isThrownBy(() -> anything.returns((TypeRef<Object>) null));
  }

  private static <T> Task<List<T>> returnsItsVariable(Dag dag) {
    return dag.<List<T>>task("variable", () -> List.of()).returns(new TypeRef<>() {});
  }

  @Test
  void toString_namesTaskAndDag() {
    assertThat(dag.task("a/b", () -> 1)).hasToString("task 'a/b' of DAG 'delays'");
    assertThat(dag.task("c", () -> List.of(1))).hasToString("task 'c' of DAG 'delays'");
  }
}
