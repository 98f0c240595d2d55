package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.duraflow.error.InvalidDagException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class OutputTypesTest {
  record Flight(String origin) {}

  record Box<T>(T value) {}

  private final Dag dag = Dag.named("types");
  private final Task<String> text = dag.task("text", () -> "a");

  private static String type(Task<?> task) {
    return task.type().toString().replace("java.lang.", "").replace("java.util.", "");
  }

  private void refused(Task<?> task, String because) {
    assertThatExceptionOfType(InvalidDagException.class)
        .isThrownBy(task::type)
        .withMessage("the output of task '" + task.id() + "' in DAG 'types' is " + because
            + "; say it with .returns(new TypeRef<List<String>>() {}), or whatever it is, or pass a"
            + " method reference, which keeps its generics");
  }

  // What follows are the methods that are referred to.

  static List<Flight> flights() {
    return List.of();
  }

  private static Map<String, List<Long>> counts(String text) {
    return Map.of();
  }

  static int[] numbers() {
    return new int[0];
  }

  static List<Flight>[] buckets() {
    return null;
  }

  static int primitive() {
    return 1;
  }

  static boolean truth() {
    return true;
  }

  @SuppressWarnings("rawtypes")
  static List raw() {
    return List.of();
  }

  static List<?> wild() {
    return List.of();
  }

  static List<? extends Flight> bounded() {
    return List.of();
  }

  static Object anything() {
    return 1;
  }

  static List<Object> anythings() {
    return List.of();
  }

  static Optional<List<?>> deep() {
    return Optional.empty();
  }

  static Number number() {
    return 1;
  }

  static Serializable serializable() {
    return 1;
  }

  @SuppressWarnings("TypeParameterUnusedInFormals") // the point of it
  static <T> T free() {
    return null;
  }

  static <T> List<T> freeList() {
    return null;
  }

  static List<String> words(String... words) {
    return List.of(words);
  }

  static Void nothing() {
    return null;
  }

  interface Source {
    default List<Flight> fromInterface() {
      return List.of();
    }

    static Set<String> ofInterface() {
      return Set.of();
    }

    Number covariant();
  }

  abstract static class Base<T> implements Source {
    List<String> inherited() {
      return List.of();
    }

    protected T element() {
      return null;
    }

    List<T> elements() {
      return List.of();
    }
  }

  static final class Derived extends Base<Flight> {
    @Override
    public Integer covariant() {
      return 1;
    }

    @Override
    List<String> inherited() {
      return List.of("derived");
    }

    Task<List<String>> ofSuper(Dag dag) {
      return dag.task("super", super::inherited);
    }
  }

  @Nested
  final class MethodReferences {
    @Test
    void toAStaticMethod_keepItsGenerics() {
      assertThat(type(dag.task("a", OutputTypesTest::flights)))
          .isEqualTo("List<dev.duraflow.dag.OutputTypesTest$Flight>");
      assertThat(type(dag.task("b", text, OutputTypesTest::counts)))
          .isEqualTo("Map<String,List<Long>>");
      assertThat(type(dag.task("c", Source::ofInterface))).isEqualTo("Set<String>");
    }

    @Test
    void toArrays_keepThem() {
      assertThat(type(dag.task("a", OutputTypesTest::numbers))).isEqualTo("int[]");
      assertThat(type(dag.task("b", OutputTypesTest::buckets)))
          .isEqualTo("List<dev.duraflow.dag.OutputTypesTest$Flight>[]");
    }

    @Test
    void toPrimitives_giveTheirWrappers() {
      assertThat(type(dag.task("a", OutputTypesTest::primitive))).isEqualTo("Integer");
      assertThat(type(dag.task("b", OutputTypesTest::truth))).isEqualTo("Boolean");
      assertThat(type(dag.task("c", text, String::length))).isEqualTo("Integer");
    }

    @Test
    void bound_keepGenerics_alsoOfInheritedAndDefaultMethods() {
      Derived derived = new Derived();

      assertThat(type(dag.task("a", derived::inherited))).isEqualTo("List<String>");
      assertThat(type(dag.task("b", derived::fromInterface)))
          .isEqualTo("List<dev.duraflow.dag.OutputTypesTest$Flight>");
    }

    @Test
    void unbound_keepGenerics() {
      Task<Derived> derived = dag.task("derived", Derived::new);

      assertThat(type(dag.task("a", derived, Derived::inherited))).isEqualTo("List<String>");
      assertThat(type(dag.task("b", derived, Base::inherited))).isEqualTo("List<String>");
      assertThat(type(dag.task("c", derived, Source::fromInterface)))
          .isEqualTo("List<dev.duraflow.dag.OutputTypesTest$Flight>");
    }

    @Test
    void toAConstructor_giveTheClass() {
      assertThat(type(dag.task("a", text, Flight::new)))
          .isEqualTo("dev.duraflow.dag.OutputTypesTest$Flight");
    }

    @Test
    void toAGenericConstructor_areRefused() {
      Task<List<String>> list = dag.task("list", ArrayList<String>::new);
      Task<Box<String>> box = dag.task("box", text, Box::new);

      refused(
          list, "java.util.ArrayList, which is generic, and its type arguments are not known here");
      refused(
          box,
          "dev.duraflow.dag.OutputTypesTest$Box, which is generic, and its type arguments are not"
              + " known here");
      assertThat(type(box.returns(new TypeRef<>() {})))
          .isEqualTo("dev.duraflow.dag.OutputTypesTest$Box<String>");
    }

    @Test
    void toAnArrayConstructor_giveTheArray() {
      Task<Integer> size = dag.task("size", () -> 3);

      assertThat(type(dag.task("a", size, String[]::new))).isEqualTo("String[]");
      assertThat(type(dag.task("b", size, long[][]::new))).isEqualTo("long[][]");
    }

    @Test
    void toACovariantOverride_giveItsOwnTypeAndNotTheBridges() {
      Derived derived = new Derived();
      Source source = derived;

      assertThat(type(dag.task("a", derived::covariant))).isEqualTo("Integer");
      refused(
          dag.task("b", source::covariant), "java.lang.Number, which says nothing about the value");
    }

    @Test
    void toAMethodOfTheSuperclass_giveAtLeastItsClass() {
      refused(
          new Derived().ofSuper(dag),
          "java.util.List, which is generic, and its type arguments are not known here");
    }

    @Test
    void toAVarargsMethod_giveAtLeastItsClass() {
      refused(
          dag.task("a", text, OutputTypesTest::words),
          "java.util.List, which is generic, and its type arguments are not known here");
      assertThat(type(dag.task("b", text, String::format))).isEqualTo("String");
    }

    @Test
    void toAGenericMethodUsedAtADefiniteType_giveThat() {
      Task<Map.Entry<String, Flight>> entry =
          dag.task("entry", () -> Map.entry("a", new Flight("b")));
      Function<String, Integer> parse = Integer::valueOf;
      Callable<Flight> load = () -> new Flight("a");

      assertThat(type(dag.task("a", entry, Map.Entry::getKey))).isEqualTo("String");
      assertThat(type(dag.task("b", entry, Map.Entry::getValue)))
          .isEqualTo("dev.duraflow.dag.OutputTypesTest$Flight");
      assertThat(type(dag.task("c", text, parse::apply))).isEqualTo("Integer");
      assertThat(type(dag.task("d", load::call)))
          .isEqualTo("dev.duraflow.dag.OutputTypesTest$Flight");
      assertThat(type(dag.task("e", new Derived()::element)))
          .isEqualTo("dev.duraflow.dag.OutputTypesTest$Flight");
      assertThat(type(dag.<String>task("f", OutputTypesTest::free))).isEqualTo("String");
    }

    @Test
    void toAGenericMethodUsedAtAGenericType_areRefused() {
      Callable<List<Flight>> load = List::of;

      refused(dag.task("a", load::call), "V, which is not one definite type");
      refused(
          dag.<List<String>>task("b", OutputTypesTest::freeList),
          "java.util.List<T>, which has the type argument T, which is not one definite type");
      refused(
          dag.task("c", new Derived()::elements),
          "java.util.List<T>, which has the type argument T, which is not one definite type");
    }

    @Test
    void toTypesThatSayTooLittle_areRefused() {
      refused(
          dag.task("raw", OutputTypesTest::raw),
          "java.util.List, which is generic, and its type arguments are not known here");
      refused(
          dag.task("wild", OutputTypesTest::wild),
          "java.util.List<?>, which has the type argument ?, which is not one definite type");
      refused(
          dag.task("bounded", OutputTypesTest::bounded),
          "java.util.List<? extends dev.duraflow.dag.OutputTypesTest$Flight>, which has the type"
              + " argument ? extends dev.duraflow.dag.OutputTypesTest$Flight, which is not one"
              + " definite type");
      refused(
          dag.task("object", OutputTypesTest::anything),
          "java.lang.Object, which says nothing about the value");
      refused(
          dag.task("objects", OutputTypesTest::anythings),
          "java.util.List<java.lang.Object>, which has the type argument java.lang.Object, which"
              + " says nothing about the value");
      refused(
          dag.task("deep", OutputTypesTest::deep),
          "java.util.Optional<java.util.List<?>>, which has the type argument java.util.List<?>,"
              + " which has the type argument ?, which is not one definite type");
      refused(
          dag.task("number", OutputTypesTest::number),
          "java.lang.Number, which says nothing about the value");
      refused(
          dag.task("serializable", OutputTypesTest::serializable),
          "java.io.Serializable, which says nothing about the value");
    }

    @Test
    void toVoid_giveIt() {
      assertThat(type(dag.task("a", OutputTypesTest::nothing))).isEqualTo("Void");
    }

    @Test
    void inEveryForm_areRead() {
      Task<Integer> n = dag.task("n", OutputTypesTest::primitive);

      assertThat(type(dag.task("2", n, n, Integer::sum))).isEqualTo("Integer");
      assertThat(type(dag.task("3", n, n, n, OutputTypesTest::three))).isEqualTo("List<Integer>");
      assertThat(type(dag.task("4", n, n, n, n, OutputTypesTest::four))).isEqualTo("List<Integer>");
      assertThat(type(dag.task("N", List.of(n), OutputTypesTest::any))).isEqualTo("List<Integer>");
      assertThat(type(dag.gather("L", List.of(n), OutputTypesTest::all)))
          .isEqualTo("List<Integer>");
    }
  }

  static List<Integer> three(int a, int b, int c) {
    return List.of(a, b, c);
  }

  static List<Integer> four(int a, int b, int c, int d) {
    return List.of(a, b, c, d);
  }

  static List<Integer> any(Inputs in) {
    return List.of();
  }

  static List<Integer> all(List<Integer> values) {
    return values;
  }

  @Nested
  final class Lambdas {
    @Test
    void giveTheirClass() {
      assertThat(type(dag.task("a", () -> "a"))).isEqualTo("String");
      assertThat(type(dag.task("b", () -> new Flight("a"))))
          .isEqualTo("dev.duraflow.dag.OutputTypesTest$Flight");
      assertThat(type(dag.task("c", text, t -> t.length()))).isEqualTo("Integer");
      assertThat(type(dag.task("d", () -> new long[0]))).isEqualTo("long[]");
      assertThat(type(dag.task("e", () -> {
            return 1.5;
          })))
          .isEqualTo("Double");
    }

    @Test
    void thatReturnGenericTypes_areRefusedUntilTheTypeIsSaid() {
      Task<List<Flight>> flights = dag.task("flights", () -> List.of(new Flight("a")));

      refused(
          flights, "java.util.List, which is generic, and its type arguments are not known here");
      assertThat(type(flights.returns(new TypeRef<>() {})))
          .isEqualTo("List<dev.duraflow.dag.OutputTypesTest$Flight>");
    }

    @Test
    void thatReturnNull_haveTheTypeThatTheTaskGivesThem() {
      Task<String> said = dag.task("said", () -> null);

      assertThat(type(said)).isEqualTo("String");
      refused(
          dag.task("unsaid", () -> null), "java.lang.Object, which says nothing about the value");
    }

    @Test
    void mayCaptureWhatIsNotSerializable() {
      Object notSerializable = new Object();
      Thread thread = Thread.currentThread();

      assertThat(type(dag.task("a", () -> notSerializable + "" + thread))).isEqualTo("String");
    }

    @Test
    void withAMethodsTypeVariable_areRefused() {
      refused(
          OutputTypesTest.<String>constant(dag, "a"),
          "java.lang.Object, which says nothing about the value");
    }

    @Test
    void withASupertypeDeclared_giveThat() {
      Task<CharSequence> text = dag.task("a", () -> "a");

      assertThat(type(text)).isEqualTo("CharSequence");
    }
  }

  private static <T> Task<T> constant(Dag dag, T value) {
    return dag.task("constant", () -> value);
  }

  @SuppressWarnings("serial") // bodies are never serialized
  static class Length implements Body1<String, Integer> {
    @Override
    public Integer call(String text) {
      return text.length();
    }
  }

  @SuppressWarnings("serial")
  static final class LongerLength extends Length {}

  @SuppressWarnings("serial")
  abstract static class Parsing<X, T> implements Body1<String, T> {}

  interface Swapped<R, A> extends Body1<A, R> {}

  @SuppressWarnings("serial")
  static final class ParsingFlights extends Parsing<Long, List<Flight>> {
    @Override
    public List<Flight> call(String text) {
      return List.of();
    }
  }

  @SuppressWarnings("serial")
  static final class SwappedCounts implements Supplier<Long>, Swapped<Map<String, Long>, String> {
    @Override
    public Map<String, Long> call(String text) {
      return Map.of();
    }

    @Override
    public Long get() {
      return 0L;
    }
  }

  @SuppressWarnings("serial")
  static class Wrapping<T> implements Body1<String, List<T>> {
    @Override
    public List<T> call(String text) {
      return List.of();
    }
  }

  @SuppressWarnings("serial")
  static final class WrappingFlights extends Wrapping<Flight> {}

  @SuppressWarnings({"serial", "rawtypes"})
  static final class RawBody implements Body1 {
    @Override
    public Object call(Object in) {
      return "a";
    }
  }

  enum Step implements Body0<String> {
    LOAD,
    CLEAN {
      @Override
      public String call() {
        return "cleaned";
      }
    };

    @Override
    public String call() {
      return name();
    }
  }

  @SuppressWarnings("serial")
  static final class Counter implements Body0<Long> {
    private final Object lock = new Object();
    private long count;

    @Override
    public Long call() {
      synchronized (lock) {
        return ++count;
      }
    }
  }

  @SuppressWarnings("serial")
  static final class WithSerialForm implements Body0<String> {
    private boolean asked;

    @Override
    public String call() {
      return "a";
    }

    Object writeReplace() {
      asked = true;
      return this;
    }
  }

  @Nested
  @SuppressWarnings("serial")
  final class Objects {
    @Test
    void thatImplementTheBody_giveItsArgument() {
      assertThat(type(dag.task("a", text, new Length()))).isEqualTo("Integer");
      assertThat(type(dag.task("b", text, new LongerLength()))).isEqualTo("Integer");
      assertThat(type(dag.task("c", new Counter()))).isEqualTo("Long");
    }

    @Test
    void throughGenericParents_giveTheArgument() {
      assertThat(type(dag.task("a", text, new ParsingFlights())))
          .isEqualTo("List<dev.duraflow.dag.OutputTypesTest$Flight>");
      assertThat(type(dag.task("b", text, new SwappedCounts()))).isEqualTo("Map<String,Long>");
    }

    @Test
    void ofAnonymousClasses_keepGenerics() {
      Task<List<String>> words = dag.task("words", new Body0<List<String>>() {
        @Override
        public List<String> call() {
          return List.of();
        }
      });

      assertThat(type(words)).isEqualTo("List<String>");
    }

    @Test
    void ofLocalClasses_keepGenerics() {
      class Local implements Body0<Set<Integer>> {
        @Override
        public Set<Integer> call() {
          return Set.of();
        }
      }

      assertThat(type(dag.task("a", new Local()))).isEqualTo("Set<Integer>");
    }

    @Test
    void ofEnums_giveTheArgument_alsoWithABodyOfTheirOwn() {
      assertThat(type(dag.task("a", Step.LOAD))).isEqualTo("String");
      assertThat(type(dag.task("b", Step.CLEAN))).isEqualTo("String");
    }

    @Test
    void withoutADefiniteArgument_areRefused() {
      refused(
          dag.task("wrapping", text, new Wrapping<Flight>()),
          "java.util.List<T>, which has the type argument T, which is not one definite type");
      refused(
          dag.task("substituted", text, new WrappingFlights()),
          "java.util.List<T>, which has the type argument T, which is not one definite type");
    }

    @Test
    @SuppressWarnings("unchecked")
    void raw_areRefused() {
      Task<?> raw = dag.task("raw", text, new RawBody());

      refused(raw, "R, which is not one definite type");
    }

    @Test
    @SuppressWarnings("unchecked")
    void proxies_areRefused() {
      Body0<String> proxy = (Body0<String>) Proxy.newProxyInstance(
          getClass().getClassLoader(), new Class<?>[] {Body0.class}, (self, method, args) -> "a");

      refused(dag.task("proxy", proxy), "R, which is not one definite type");
    }

    @Test
    void ownSerialForm_isNotAskedFor() {
      WithSerialForm body = new WithSerialForm();

      assertThat(type(dag.task("a", body))).isEqualTo("String");
      assertThat(body.asked).isFalse();
    }
  }

  @Test
  void declaring_doesNotReadTheType() {
    assertThat(dag.task("raw", OutputTypesTest::raw).id()).isEqualTo("raw");
  }

  @Test
  void reading_isDoneOncePerCallSite() {
    List<Task<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      int captured = i;
      tasks.add(dag.task("t" + i, () -> captured));
    }

    Set<TypeRef<?>> read = Collections.newSetFromMap(new IdentityHashMap<>());
    tasks.forEach(task -> read.add(task.type()));

    assertThat(read).hasSize(1);
  }

  @Test
  void reading_isDoneOncePerClass() {
    assertThat(dag.task("a", text, new Length()).type())
        .isSameAs(dag.task("b", text, new Length()).type());
  }

  @Test
  void reading_tellsCallSitesApart() {
    assertThat(Arrays.asList(
            type(dag.task("a", OutputTypesTest::primitive)),
            type(dag.task("b", OutputTypesTest::truth)),
            type(dag.task("c", () -> "c"))))
        .containsExactly("Integer", "Boolean", "String");
  }

  @Test
  void body_ofAnotherClassLoader_isReadThroughIt() throws Exception {
    Class<?> elsewhere = new Copying().loadClass(Elsewhere.class.getName());
    assertThat(elsewhere).isNotSameAs(Elsewhere.class);
    Body0<?> reference = (Body0<?>) elsewhere.getDeclaredMethod("reference").invoke(null);
    Body0<?> lambda = (Body0<?>) elsewhere.getDeclaredMethod("lambda").invoke(null);

    TypeRef<?> type = dag.task("b", lambda).type();

    assertThat(type.type()).isSameAs(elsewhere);
    assertThat(type(dag.task("a", reference)))
        .isEqualTo("List<dev.duraflow.dag.OutputTypesTest$Elsewhere>");
  }

  /** Loaded twice, by this loader and by {@link Copying}. */
  public static final class Elsewhere {
    public static Body0<?> reference() {
      Body0<List<Elsewhere>> body = Elsewhere::load;
      return body;
    }

    public static Body0<?> lambda() {
      Body0<Elsewhere> body = () -> new Elsewhere();
      return body;
    }

    static List<Elsewhere> load() {
      return List.of();
    }
  }

  private static final class Copying extends ClassLoader {
    Copying() {
      super(Body.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(Elsewhere.class.getName())) {
        return super.loadClass(name, resolve);
      }
      Class<?> known = findLoadedClass(name);
      return known != null ? known : define(name);
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
