package dev.duraflow.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.DagOrigin;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DagFactoryTest {
  record Quarter(String name, LocalDate begin) {}

  private static Dag quarterly(Quarter quarter) {
    Dag dag = Dag.named("quarter-" + quarter.name());
    dag.task("begin", quarter::begin);
    return dag;
  }

  private static final DagFactory<Quarter> QUARTERLY =
      DagFactory.named("quarterly", Quarter.class, DagFactoryTest::quarterly);

  @Test
  void create_saysWhereTheDagComesFrom() {
    Dag dag = QUARTERLY.create(new Quarter("q1", LocalDate.of(2001, 1, 1)));

    assertThat(dag.name()).isEqualTo("quarter-q1");
    assertThat(dag.origin())
        .contains(new DagOrigin("quarterly", "{\"name\":\"q1\",\"begin\":\"2001-01-01\"}"));
  }

  @Test
  void declare_fromWhatCreateSaid_isTheSameDag() {
    Dag dag = QUARTERLY.create(new Quarter("q1", LocalDate.of(2001, 1, 1)));
    DagOrigin origin = dag.origin().orElseThrow();

    Dag again = DagFactories.of(QUARTERLY).declare(origin.factory(), origin.parameters());

    assertThat(again).isNotSameAs(dag);
    assertThat(DagFingerprint.of(again)).isEqualTo(DagFingerprint.of(dag));
  }

  @Test
  void factoryWithoutParameters_hasNone() {
    DagFactory<?> factory = DagFactory.named("plain", () -> Dag.named("plain"));

    assertThat(factory.create().origin()).contains(new DagOrigin("plain", "null"));
  }

  @Test
  void genericParameters_areRead() {
    DagFactory<List<Long>> factory = DagFactory.named("sum", new TypeRef<List<Long>>() {}, of -> {
      long sum = of.stream().mapToLong(n -> n).sum();
      return Dag.named("sum-" + sum);
    });

    assertThat(factory.create(List.of(1L, 2L)).name()).isEqualTo("sum-3");
  }

  @Test
  void dagWithoutFactory_hasNoOrigin() {
    assertThat(Dag.named("dag").origin()).isEmpty();
  }

  @Test
  void parametersOfAnotherType_areRefused() {
    assertThatThrownBy(() -> QUARTERLY.declare("[1]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("DAG factory 'quarterly'")
        .hasMessageContaining("Quarter");
  }

  @Test
  void unknownFactory_isRefused_andTheKnownAreNamed() {
    assertThatThrownBy(() -> DagFactories.of(QUARTERLY).declare("monthly", "null"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'monthly'")
        .hasMessageContaining("[quarterly]");
  }

  @Test
  void twoFactoriesOfOneName_areRefused() {
    assertThatThrownBy(() -> DagFactories.of(QUARTERLY, QUARTERLY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'quarterly'");
  }

  private static String fingerprint(String name, String a, String b, boolean depends, Object type) {
    Dag dag = Dag.named(name);
    Task<Integer> first = dag.task(a, () -> 1);
    if (type == Long.class) {
      dag.task(b, () -> 1L);
    } else if (depends) {
      dag.task(b, first, n -> n + 1);
    } else {
      dag.task(b, () -> 1);
    }
    return DagFingerprint.of(dag);
  }

  @Test
  void fingerprint_changesWithNameIdsDependenciesAndTypes() {
    String fingerprint = fingerprint("dag", "a", "b", false, Integer.class);

    assertThat(fingerprint("dag", "a", "b", false, Integer.class)).isEqualTo(fingerprint);
    assertThat(List.of(
            fingerprint("other", "a", "b", false, Integer.class),
            fingerprint("dag", "a", "c", false, Integer.class),
            fingerprint("dag", "a", "b", true, Integer.class),
            fingerprint("dag", "a", "b", false, Long.class)))
        .doesNotContain(fingerprint)
        .doesNotHaveDuplicates();
  }

  @Test
  void fingerprint_withinAnotherDag_dependsOnThat() {
    Dag dag = Dag.named("inner");

    assertThat(DagFingerprint.within("a", dag))
        .isNotEqualTo(DagFingerprint.within("b", dag))
        .isNotEqualTo(DagFingerprint.of(dag));
  }
}
