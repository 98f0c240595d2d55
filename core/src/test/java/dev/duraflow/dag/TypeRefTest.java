package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TypeRefTest {
  private record Pair<A, B>(A a, B b) {}

  private abstract static class Named<T> extends TypeRef<T> {}

  @Test
  void type_isTheArgumentWithItsGenerics() {
    TypeRef<Map<String, List<Long>>> type = new TypeRef<>() {};

    assertThat(type.type().getTypeName())
        .isEqualTo("java.util.Map<java.lang.String, java.util.List<java.lang.Long>>");
  }

  @Test
  void toString_isWhatStoresWrite() {
    assertThat(new TypeRef<Map<String, List<Long>>>() {})
        .hasToString("java.util.Map<java.lang.String,java.util.List<java.lang.Long>>");
    assertThat(new TypeRef<Pair<int[], String[][]>>() {})
        .hasToString("dev.duraflow.dag.TypeRefTest$Pair<int[],java.lang.String[][]>");
    assertThat(new TypeRef<List<String>[]>() {}).hasToString("java.util.List<java.lang.String>[]");
    assertThat(TypeRef.of(Map.Entry.class)).hasToString("java.util.Map$Entry");
    assertThat(TypeRef.of(byte[].class)).hasToString("byte[]");
  }

  @Test
  void of_aPrimitive_isItsWrapper() {
    assertThat(TypeRef.of(int.class)).isEqualTo(TypeRef.of(Integer.class));
    assertThat(TypeRef.of(boolean.class)).isEqualTo(new TypeRef<Boolean>() {});
    assertThat(TypeRef.of(int.class).type()).isEqualTo(Integer.class);
    assertThat(TypeRef.of(int[].class).type()).isEqualTo(int[].class);
  }

  @Test
  void equals_isThatOfTheTypesMeant() {
    TypeRef<List<String>> strings = new TypeRef<>() {};

    assertThat(new TypeRef<List<String>>() {}).isEqualTo(strings).hasSameHashCodeAs(strings);
    assertThat(TypeRef.ofType(Types.generic(List.class, String.class)))
        .isEqualTo(strings)
        .hasSameHashCodeAs(strings);
    assertThat(new TypeRef<String>() {}).isEqualTo(TypeRef.of(String.class));
    assertThat(new TypeRef<List<Long>>() {}).isNotEqualTo(strings);
    assertThat(TypeRef.of(List.class)).isNotEqualTo(strings);
    assertThat(strings).isNotEqualTo(null).isNotEqualTo("java.util.List<java.lang.String>");
  }

  @Test
  @SuppressWarnings("rawtypes")
  void constructor_withoutArgument_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TypeRef() {})
        .withMessageStartingWith("say the type as in new TypeRef<List<String>>() {}");
  }

  @Test
  void constructor_ofASubclassOfASubclass_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Named<String>() {})
        .withMessageContaining("new TypeRef<List<String>>() {}")
        .withMessageContaining("Named<java.lang.String>");
  }
}
