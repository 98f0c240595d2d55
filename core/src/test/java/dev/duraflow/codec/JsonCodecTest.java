package dev.duraflow.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.duraflow.dag.TypeRef;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonCodecTest {
  private static final Codec CODEC = Codec.json();

  private static byte[] encode(Object value, TypeRef<?> type) {
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      CODEC.encode(value, type, out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String json(Object value, TypeRef<?> type) {
    return new String(encode(value, type), StandardCharsets.UTF_8);
  }

  @SuppressWarnings("unchecked") // what the type says
  private static <T> T decode(byte[] bytes, TypeRef<T> type) {
    try {
      return (T) CODEC.decode(new ByteArrayInputStream(bytes), type);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T decode(String json, TypeRef<T> type) {
    return decode(json.getBytes(StandardCharsets.UTF_8), type);
  }

  private static <T> T again(T value, TypeRef<T> type) {
    return decode(encode(value, type), type);
  }

  private static <T> void roundTrips(T value, TypeRef<T> type) {
    assertThat(again(value, type)).as(json(value, type)).isEqualTo(value);
  }

  private static void refused(String json, TypeRef<?> type) {
    assertThatThrownBy(() -> decode(json, type)).as(json).isInstanceOf(UncheckedIOException.class);
  }

  /** A value that is refused when its encoded form is read back at the latest, as the engine does before it stores it. */
  private static <T> String refusal(T value, TypeRef<T> type) {
    return org.assertj.core.api.Assertions.catchThrowable(() -> again(value, type))
        .getMessage();
  }

  record Flight(String origin, int delay) {}

  record Pair<A, B>(A first, B second) {}

  record Nested(Flight flight, List<Pair<String, Map<LocalDate, Flight>>> pairs) {}

  record Empty() {}

  record Chain(int depth, Chain next) {}

  enum Printing {
    ON,
    OFF {
      @Override
      boolean on() {
        return false;
      }
    };

    boolean on() {
      return true;
    }

    @Override
    public String toString() {
      return "all print alike";
    }
  }

  @Test
  void records_comeBackEqual() {
    Flight flight = new Flight("ORD", 17);

    roundTrips(flight, TypeRef.of(Flight.class));
    roundTrips(new Empty(), TypeRef.of(Empty.class));
    roundTrips(
        new Nested(flight, List.of(new Pair<>("a", Map.of(LocalDate.EPOCH, flight)))),
        TypeRef.of(Nested.class));
    roundTrips(
        new Pair<>(new Pair<>(1L, List.of(flight)), Optional.of(2.5f)),
        new TypeRef<Pair<Pair<Long, List<Flight>>, Optional<Float>>>() {});
  }

  @Test
  void lists_holdWhatTheTypeSays() {
    List<Long> longs = again(List.of(1L, 2L), new TypeRef<>() {});
    List<Short> shorts = again(List.of((short) 1), new TypeRef<>() {});
    Map<String, List<Float>> floats = again(Map.of("a", List.of(1f)), new TypeRef<>() {});

    assertThat(longs).hasOnlyElementsOfType(Long.class).containsExactly(1L, 2L);
    assertThat(shorts).hasOnlyElementsOfType(Short.class);
    assertThat(floats.get("a")).hasOnlyElementsOfType(Float.class);
  }

  @Test
  void collections_comeBackEqualAndInOrder() {
    roundTrips(List.of(), new TypeRef<List<Flight>>() {});
    roundTrips(Set.of(), new TypeRef<Set<Flight>>() {});
    roundTrips(Map.of(), new TypeRef<Map<String, Flight>>() {});
    roundTrips(Arrays.asList(1L, null, 3L), new TypeRef<List<Long>>() {});
    roundTrips(new TreeMap<>(Map.of("b", 1, "a", 2)), new TypeRef<TreeMap<String, Integer>>() {});
    roundTrips(List.of(Map.entry("a", 5L)), new TypeRef<List<Map.Entry<String, Long>>>() {});
    roundTrips(EnumSet.of(Printing.OFF), new TypeRef<EnumSet<Printing>>() {});
    Map<String, Integer> withNull = new HashMap<>();
    withNull.put("a", null);
    roundTrips(withNull, new TypeRef<Map<String, Integer>>() {});
  }

  @Test
  void sets_keepTheirOrder() {
    List<String> order = List.of("zeta", "alpha", "mu", "beta", "omega", "eta");

    assertThat(again(new LinkedHashSet<>(order), new TypeRef<Set<String>>() {}))
        .containsExactlyElementsOf(order);
  }

  static Stream<Pair<?, TypeRef<?>>> keys() {
    return Stream.of(
        new Pair<>(Map.of("", 1, "a/b", 2, "é\"\\\n", 3), new TypeRef<Map<String, Integer>>() {}),
        new Pair<>(Map.of(1, 1, -2, 2), new TypeRef<Map<Integer, Integer>>() {}),
        new Pair<>(Map.of(Long.MIN_VALUE, 1), new TypeRef<Map<Long, Integer>>() {}),
        new Pair<>(Map.of((byte) -3, 1), new TypeRef<Map<Byte, Integer>>() {}),
        new Pair<>(Map.of('x', 1), new TypeRef<Map<Character, Integer>>() {}),
        new Pair<>(Map.of(true, 1, false, 0), new TypeRef<Map<Boolean, Integer>>() {}),
        new Pair<>(Map.of(-0.0, 1, 0.0, 2, Double.NaN, 3), new TypeRef<Map<Double, Integer>>() {}),
        new Pair<>(Map.of(new BigDecimal("1E+2"), 1), new TypeRef<Map<BigDecimal, Integer>>() {}),
        new Pair<>(Map.of(BigInteger.TWO, 1), new TypeRef<Map<BigInteger, Integer>>() {}),
        new Pair<>(
            Map.of(Printing.ON, 1, Printing.OFF, 2), new TypeRef<Map<Printing, Integer>>() {}),
        new Pair<>(
            new EnumMap<>(Map.of(Printing.OFF, 2)), new TypeRef<EnumMap<Printing, Integer>>() {}),
        new Pair<>(Map.of(LocalDate.MAX, 1), new TypeRef<Map<LocalDate, Integer>>() {}),
        new Pair<>(
            Map.of(Instant.ofEpochSecond(-1, 1), 1), new TypeRef<Map<Instant, Integer>>() {}),
        new Pair<>(Map.of(Duration.ofNanos(-1), 1), new TypeRef<Map<Duration, Integer>>() {}),
        new Pair<>(Map.of(Year.of(-3), 1), new TypeRef<Map<Year, Integer>>() {}),
        new Pair<>(Map.of(DayOfWeek.FRIDAY, 1), new TypeRef<Map<DayOfWeek, Integer>>() {}),
        new Pair<>(
            Map.of(berlin(1), 1, berlin(1).withZoneSameInstant(ZoneId.of("UTC")), 2),
            new TypeRef<Map<ZonedDateTime, Integer>>() {}),
        new Pair<>(
            Map.of(UUID.nameUUIDFromBytes(new byte[1]), 1), new TypeRef<Map<UUID, Integer>>() {}),
        new Pair<>(Map.of(URI.create("a?b"), 1), new TypeRef<Map<URI, Integer>>() {}),
        new Pair<>(Map.of(Locale.GERMANY, 1), new TypeRef<Map<Locale, Integer>>() {}),
        new Pair<>(Map.of(Path.of("a/b"), 1), new TypeRef<Map<Path, Integer>>() {}),
        new Pair<>(Map.of(new File("a/b"), 1), new TypeRef<Map<File, Integer>>() {}),
        new Pair<>(Map.of("x".repeat(60_000), 1), new TypeRef<Map<String, Integer>>() {}));
  }

  @ParameterizedTest
  @MethodSource("keys")
  @SuppressWarnings("unchecked")
  void maps_keepTheirKeys(Pair<?, TypeRef<?>> map) {
    roundTrips(map.first(), (TypeRef<Object>) map.second());
  }

  record Code(String value) {}

  record Route(Code from, Code to, List<Integer> via) {}

  static final class Name {
    private final String value;

    private Name(String value) {
      this.value = value;
    }

    @JsonCreator
    static Name of(String value) {
      return new Name(value);
    }

    @JsonValue
    String value() {
      return value;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Name that && value.equals(that.value);
    }

    @Override
    public int hashCode() {
      return value.hashCode();
    }

    @Override
    public String toString() {
      return "Name of " + value;
    }
  }

  @Test
  void maps_keyedByRecords_cameBackKeyedByWhatTheyPrinted() {
    roundTrips(Map.of(new Code("ORD"), 1), new TypeRef<Map<Code, Integer>>() {});
    roundTrips(
        Map.of(new Route(new Code("ORD"), new Code("\"}"), List.of(1)), 1),
        new TypeRef<Map<Route, Integer>>() {});
    roundTrips(Map.entry(new Code("ORD"), 1), new TypeRef<Map.Entry<Code, Integer>>() {});
    roundTrips(
        Map.of(new Pair<>(1L, 2), Map.of(new Code("a"), 1)),
        new TypeRef<Map<Pair<Long, Integer>, Map<Code, Integer>>>() {});
  }

  @Test
  void maps_keyedByAClassWithAStringForm_useIt() {
    TypeRef<Map<Name, Integer>> type = new TypeRef<>() {};

    roundTrips(Map.of(Name.of("ORD"), 1), type);
    assertThat(json(Map.of(Name.of("ORD"), 1), type)).isEqualTo("{\"ORD\":1}");
  }

  @Test
  void maps_withKeysThatHaveNoForm_areRefused() {
    assertThat(refusal(Map.of(List.of(1), 1), new TypeRef<Map<List<Integer>, Integer>>() {}))
        .contains("Key deserializer");
    Map<String, Integer> nullKey = new HashMap<>();
    nullKey.put(null, 1);
    assertThat(refusal(nullKey, new TypeRef<>() {})).containsIgnoringCase("null key");
    assertThat(refusal(Map.of(5L, 1), new TypeRef<Map<Object, Integer>>() {}))
        .contains("a map's key declared as java.lang.Object would not come back");
  }

  @Test
  void maps_withHalfACharacterInAKey_wereWrittenAndCouldNotBeRead() {
    for (String key : List.of("\uD800", "a\uD800", "\uDC00x", "\uDC00\uD800")) {
      assertThatThrownBy(() -> encode(Map.of(key, 1), new TypeRef<Map<String, Integer>>() {}))
          .hasMessageContaining("a map's key with an unpaired surrogate cannot be read back");
    }
    assertThatThrownBy(() -> encode(Map.of('\uD800', 1), new TypeRef<Map<Character, Integer>>() {}))
        .hasMessageContaining("unpaired surrogate");
    roundTrips(Map.of("\uD83D\uDE80", 1), new TypeRef<Map<String, Integer>>() {});
    roundTrips(Map.of(new Code("\uD800"), 1), new TypeRef<Map<Code, Integer>>() {});
  }

  @Test
  void optionals_comeBackEqual() {
    roundTrips(Optional.of("a"), new TypeRef<Optional<String>>() {});
    roundTrips(Optional.empty(), new TypeRef<Optional<String>>() {});
    roundTrips(
        List.of(Optional.<Integer>empty(), Optional.of(1)),
        new TypeRef<List<Optional<Integer>>>() {});
    roundTrips(
        new Pair<>(OptionalInt.empty(), OptionalLong.of(Long.MAX_VALUE)),
        new TypeRef<Pair<OptionalInt, OptionalLong>>() {});
    roundTrips(OptionalDouble.of(Double.NaN), TypeRef.of(OptionalDouble.class));
  }

  private static ZonedDateTime berlin(int nanos) {
    return ZonedDateTime.of(2024, 10, 27, 2, 30, 0, nanos, ZoneId.of("Europe/Berlin"));
  }

  @SuppressWarnings("JavaUtilDate") // outputs may hold what we would not
  static Stream<Object> scalars() {
    return Stream.of(
        berlin(123_456_789),
        berlin(1).withLaterOffsetAtOverlap(),
        berlin(0).withZoneSameInstant(ZoneId.of("UTC")),
        berlin(0).withZoneSameInstant(ZoneOffset.UTC),
        berlin(0).withZoneSameInstant(ZoneId.of("GMT+2")),
        berlin(0).withZoneSameInstant(ZoneOffset.ofHoursMinutesSeconds(5, 30, 15)),
        OffsetDateTime.of(2024, 1, 1, 0, 0, 0, 1, ZoneOffset.ofHours(-8)),
        OffsetDateTime.MAX,
        OffsetDateTime.MIN,
        OffsetTime.of(1, 2, 3, 4, ZoneOffset.ofHours(3)),
        Instant.EPOCH,
        Instant.MAX,
        Instant.MIN,
        Instant.ofEpochSecond(-5, 7),
        LocalDate.MAX,
        LocalDate.of(-44, 3, 15),
        LocalDateTime.of(2024, 1, 1, 0, 0),
        LocalDateTime.MIN,
        LocalTime.MAX,
        LocalTime.MIDNIGHT,
        Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
        Duration.ofSeconds(Long.MIN_VALUE),
        Duration.ofNanos(-1),
        Period.of(1, -2, 3),
        Year.of(2024),
        Year.of(-5),
        YearMonth.of(12024, 2),
        YearMonth.of(-2024, 2),
        MonthDay.of(2, 29),
        ZoneOffset.ofHours(3),
        DayOfWeek.FRIDAY,
        Month.MARCH,
        new Date(-12_345),
        Locale.ROOT,
        Locale.forLanguageTag("zh-Hans-CN-u-nu-thai"),
        Currency.getInstance("EUR"),
        UUID.nameUUIDFromBytes(new byte[] {1}),
        URI.create("a/b?c#d"),
        new BigDecimal("1.10"),
        new BigDecimal("1E+3"),
        new BigDecimal("0E-20"),
        new BigDecimal("-1E-400"),
        new BigDecimal("9".repeat(2_000) + ".50"),
        BigInteger.TEN.pow(20_000),
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        -0.0,
        Double.MIN_VALUE,
        Double.MAX_VALUE,
        0.1 + 0.2,
        Float.NaN,
        Float.NEGATIVE_INFINITY,
        -0f,
        Float.MIN_VALUE,
        1.1f,
        'x',
        '\0',
        '\uD800',
        (byte) -1,
        Short.MIN_VALUE,
        Integer.MIN_VALUE,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        true,
        "",
        " \t\n\r\b\f\0\u001f\u007f\u2028\"\\/'",
        "Zürich 東京 \uD83D\uDE80",
        "unpaired \uD800 and \uDC00",
        "\uFEFFmark",
        Printing.ON,
        new File("a/b"),
        new File("/a"));
  }

  @ParameterizedTest
  @MethodSource("scalars")
  void scalars_comeBackEqual_aloneAndInside(Object value) {
    Class<?> type =
        value instanceof Enum<?> constant ? constant.getDeclaringClass() : value.getClass();
    TypeRef<Object> alone = TypeRef.ofType(type);

    roundTrips(value, alone);
    Object[] inside = (Object[]) Array.newInstance(type, 2);
    inside[0] = value;
    roundTrips(inside, TypeRef.ofType(inside.getClass()));
  }

  @Test
  void enums_areStoredByName_whateverTheyPrint() {
    roundTrips(Printing.OFF, TypeRef.of(Printing.class));
    assertThat(json(Printing.OFF, TypeRef.of(Printing.class))).isEqualTo("\"OFF\"");
    refused("1", TypeRef.of(Printing.class));
    refused("\"off\"", TypeRef.of(Printing.class));
    refused("\"\"", TypeRef.of(Printing.class));
  }

  @Test
  void zones_comeBackAsTheyWere() {
    for (String zone : List.of("UTC", "Z", "UTC+01:00", "Europe/Berlin")) {
      roundTrips(ZoneId.of(zone), TypeRef.of(ZoneId.class));
    }
  }

  @Test
  void arrays_comeBackEqual() {
    assertThat(again(new byte[] {1, -1}, TypeRef.of(byte[].class))).containsExactly(1, -1);
    assertThat(again(new int[][] {{1, 2}, {}, null}, TypeRef.of(int[][].class)))
        .isDeepEqualTo(new int[][] {{1, 2}, {}, null});
    assertThat(again(new char[] {'a', '\uD800'}, TypeRef.of(char[].class)))
        .containsExactly('a', '\uD800');
    assertThat(again(new double[] {-0.0, Double.NaN}, TypeRef.of(double[].class)))
        .containsExactly(-0.0, Double.NaN);
    assertThat(again(new String[] {"a", null}, TypeRef.of(String[].class)))
        .containsExactly("a", null);
    assertThat(again(List.of(new byte[] {7}), new TypeRef<List<byte[]>>() {}).get(0))
        .containsExactly(7);
    assertThat(again(new boolean[0], TypeRef.of(boolean[].class))).isEmpty();
  }

  @Test
  void null_isAValueLikeAnyOther() {
    assertThat(json(null, TypeRef.of(String.class))).isEqualTo("null");
    assertThat(again(null, TypeRef.of(String.class))).isNull();
    assertThat(again(null, TypeRef.of(int.class))).isNull();
    assertThat(again(null, TypeRef.of(Void.class))).isNull();
    assertThat(again(null, new TypeRef<List<Flight>>() {})).isNull();
    roundTrips(new Flight(null, 1), TypeRef.of(Flight.class));
  }

  @Test
  void paths_cameBackAbsolute_whenTheyWereRelative() {
    roundTrips(Path.of("out", "page.html"), TypeRef.of(Path.class));
    roundTrips(Path.of("/tmp/a b%20ü"), TypeRef.of(Path.class));
    roundTrips(Path.of(""), TypeRef.of(Path.class));
    roundTrips(new Pair<>(Path.of("../x"), new File("../x")), new TypeRef<Pair<Path, File>>() {});
  }

  @Test
  void paths_ofAnotherFileSystem_areRefused(@TempDir Path directory) throws IOException {
    Path zip = directory.resolve("a.zip");
    try (FileSystem inside = FileSystems.newFileSystem(zip, Map.of("create", "true"))) {
      assertThat(refusal(inside.getPath("b"), TypeRef.of(Path.class)))
          .contains("another file system than the default one")
          .contains("a.zip");
    }
    assertThat(Files.exists(directory)).isTrue();
  }

  // Classes.

  @SuppressWarnings("EqualsGetClass") // a subclass is to come back as such
  static class Plain {
    private int count;
    private List<String> names;
    private transient String note = "made";

    private Plain() {}

    Plain(int count, String... names) {
      this.count = count;
      this.names = List.of(names);
      this.note = "not stored";
    }

    /** Computes, and must neither be called nor stored. */
    public int getTwice() {
      throw new AssertionError("a getter was called");
    }

    public boolean isEmpty() {
      throw new AssertionError("a getter was called");
    }

    @Override
    public boolean equals(Object other) {
      return other != null
          && other.getClass() == getClass()
          && other instanceof Plain that
          && count == that.count
          && Objects.equals(names, that.names);
    }

    @Override
    public int hashCode() {
      return count;
    }
  }

  static final class Special extends Plain {
    private String more;

    private Special() {}

    Special(int count, String more) {
      super(count, "a");
      this.more = more;
    }

    @Override
    public boolean equals(Object other) {
      return super.equals(other) && more.equals(((Special) other).more);
    }

    @Override
    public int hashCode() {
      return super.hashCode();
    }
  }

  /** Its constructor does more than keep what it is given. */
  static final class Doubling {
    private int value;

    private Doubling() {}

    Doubling(int value) {
      this.value = 2 * value;
    }
  }

  static final class Final {
    private final String name;
    private final int count;

    Final(String name, int count) {
      this.name = name;
      this.count = count;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Final that && name.equals(that.name) && count == that.count;
    }

    @Override
    public int hashCode() {
      return count;
    }
  }

  record Loud(String name) {
    @Override
    public String name() {
      return name.toUpperCase(Locale.ROOT);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Loud that && name.equals(that.name);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }
  }

  record Sparse(
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> list,
      @JsonInclude(JsonInclude.Include.NON_NULL) String text) {}

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Circle.class, name = "circle"),
    @JsonSubTypes.Type(value = Square.class, name = "square")
  })
  sealed interface Shape {}

  record Circle(double radius) implements Shape {}

  record Square(double side, Shape inner) implements Shape {}

  @Test
  void classes_areTheirFields_withoutTransientOnesAndGetters() {
    roundTrips(new Plain(3, "a", "b"), TypeRef.of(Plain.class));
    assertThat(json(new Plain(3, "a"), TypeRef.of(Plain.class)))
        .isEqualTo("{\"count\":3,\"names\":[\"a\"]}");
    assertThat(again(new Plain(3), TypeRef.of(Plain.class)).note).isEqualTo("made");
  }

  @Test
  void classes_keepInheritedFields() {
    roundTrips(new Special(3, "more"), TypeRef.of(Special.class));
  }

  @Test
  void classes_withFinalFields_areMadeByTheirConstructor() {
    roundTrips(new Final("a", 1), TypeRef.of(Final.class));
    refused("{\"count\":1}", TypeRef.of(Final.class));
  }

  @Test
  void classes_thatCanBeFilledFieldByField_wereMadeByAnotherConstructorOnceMore() {
    assertThat(again(new Doubling(2), TypeRef.of(Doubling.class)).value).isEqualTo(4);
  }

  @Test
  void records_areTheirFields_whateverTheirAccessorsAnswer() {
    roundTrips(new Loud("quiet"), TypeRef.of(Loud.class));
  }

  @Test
  void records_thatLeaveOutWhatIsEmpty_areStoredWhole() {
    roundTrips(new Sparse(List.of(), null), TypeRef.of(Sparse.class));
    roundTrips(new Sparse(null, ""), TypeRef.of(Sparse.class));
  }

  @Test
  void sealedTypes_withNames_comeBackEqual() {
    roundTrips(
        List.of(new Circle(1), new Square(2, new Circle(0.5)), new Square(3, null)),
        new TypeRef<List<Shape>>() {});
    roundTrips(new Circle(1), TypeRef.of(Shape.class));
    assertThat(json(new Circle(1), TypeRef.of(Shape.class)))
        .isEqualTo("{\"@type\":\"circle\",\"radius\":1.0}");
  }

  // What would lie is refused.

  record Untyped(Object value) {}

  @SuppressWarnings("rawtypes")
  record RawList(List values) {}

  record Numeric(Number value) {}

  record Serial(Serializable value) {}

  record Reflecting(Class<?> type) {}

  @Test
  void types_thatDoNotSayTheirValues_areRefusedAndTheFieldNamed() {
    assertThat(refusal(new Untyped(5L), TypeRef.of(Untyped.class)))
        .contains("a value declared as java.lang.Object, in 'value', would not come back as what it"
            + " was: JSON does not tell its classes apart; declare a more definite type");
    assertThat(refusal(new RawList(List.of(5L)), TypeRef.of(RawList.class)))
        .contains("in 'values'");
    assertThat(refusal(new Numeric(5L), TypeRef.of(Numeric.class))).contains("java.lang.Number");
    assertThat(refusal(new Serial(5L), TypeRef.of(Serial.class))).contains("java.io.Serializable");
    assertThat(refusal(Map.of("a", 5L), new TypeRef<Map<String, Object>>() {}))
        .contains("java.lang.Object");
    assertThat(refusal(Calendar.getInstance(), TypeRef.of(Calendar.class))).contains("time zone");
    assertThat(refusal(Pattern.compile("a"), TypeRef.of(Pattern.class))).contains("flags");
  }

  @Test
  void types_thatDoNotSayTheirValues_areRefusedWhateverTheValue() {
    assertThat(refusal(new Untyped(null), TypeRef.of(Untyped.class))).contains("java.lang.Object");
    assertThat(refusal(new RawList(List.of()), TypeRef.of(RawList.class)))
        .contains("java.lang.Object");
  }

  @Test
  void interfaces_withoutNames_areRefused() {
    assertThat(refusal("a", TypeRef.of(Comparable.class))).isNotEmpty();
    assertThat(refusal(() -> {}, TypeRef.of(Runnable.class))).isNotEmpty();
  }

  @Test
  void values_ofAnotherTypeThanDeclared_areRefused() {
    assertThatThrownBy(() -> encode("text", TypeRef.of(Flight.class)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("Incompatible types");
  }

  @Test
  void values_withoutFields_areRefused() {
    assertThatThrownBy(() -> encode(new Thread(), TypeRef.of(Runnable.class)))
        .isInstanceOf(UncheckedIOException.class);
  }

  // No class name in the bytes chooses a class.

  static final class Trap {
    static {
      JsonCodecTest.sprung = true;
    }
  }

  private static boolean sprung;

  @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
  interface ByClassName {}

  record Named(int a) implements ByClassName {}

  @Test
  void classNames_inTheBytes_doNothing() {
    String trap = Trap.class.getName();

    refused("{\"@class\":\"" + trap + "\",\"origin\":\"a\",\"delay\":1}", TypeRef.of(Flight.class));
    refused("[\"" + trap + "\",{\"origin\":\"a\",\"delay\":1}]", TypeRef.of(Flight.class));
    refused("{\"@class\":\"" + trap + "\"}", TypeRef.of(ByClassName.class));
    refused("{\"type\":\"" + trap + "\"}", TypeRef.of(Reflecting.class));
    refused("\"" + trap + "\"", TypeRef.of(Class.class));
    refused("{\"" + trap + "\":1}", new TypeRef<Map<Class<?>, Integer>>() {});
    refused("{\"value\":[\"" + trap + "\",{}]}", TypeRef.of(Untyped.class));
    assertThat(sprung).isFalse();
  }

  @Test
  void typesThatAskForClassNames_areRefusedBeforeTheyAreStored() {
    assertThat(refusal(new Named(1), TypeRef.of(ByClassName.class))).contains("denied resolution");
  }

  // Bytes that are not the value.

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{}",
        "[]",
        "5",
        "\"\"",
        "garbage",
        "{\"origin\":\"ORD\",\"delay\":1}x",
        "{\"origin\":\"ORD\",\"delay\":1}{}",
        "{\"origin\":\"ORD\",\"delay\":1}\0",
        "{\"origin\":\"ORD\",\"delay\":1,\"more\":2}",
        "{\"origin\":\"ORD\"}",
        "{\"delay\":1}",
        "{\"origin\":\"ORD\",\"delay\":null}",
        "{\"origin\":\"ORD\",\"delay\":\"1\"}",
        "{\"origin\":\"ORD\",\"delay\":1.5}",
        "{\"origin\":\"ORD\",\"delay\":1e3}",
        "{\"origin\":\"ORD\",\"delay\":true}",
        "{\"origin\":\"ORD\",\"delay\":99999999999}",
        "{\"origin\":5,\"delay\":1}",
        "{\"origin\":true,\"delay\":1}",
        "{\"origin\":1.5,\"delay\":1}",
        "{\"origin\":[\"ORD\"],\"delay\":1}",
        "{'origin':'ORD','delay':1}",
        "{\"origin\":\"ORD\",\"delay\":1,}",
        "{\"origin\":\"ORD\",/* 1 */\"delay\":1}",
        "{\"origin\":\"\\x\",\"delay\":1}",
        "{\"origin\":\"a\nb\",\"delay\":1}",
        "{\"ORIGIN\":\"ORD\",\"DELAY\":1}",
        "[{\"origin\":\"ORD\",\"delay\":1}]"
      })
  void bytes_thatAreNoFlight_areRefused(String json) {
    refused(json, TypeRef.of(Flight.class));
  }

  @Test
  void bytes_ofAnotherType_areRefused() {
    refused("\"5\"", TypeRef.of(Integer.class));
    refused("1.5", TypeRef.of(Integer.class));
    refused("1.0", TypeRef.of(Long.class));
    refused("true", TypeRef.of(Integer.class));
    refused("\"\"", TypeRef.of(Integer.class));
    refused("[1]", TypeRef.of(Integer.class));
    refused("5", TypeRef.of(String.class));
    refused("true", TypeRef.of(String.class));
    refused("1", TypeRef.of(Boolean.class));
    refused("\"true\"", TypeRef.of(Boolean.class));
    refused("\"1.5\"", TypeRef.of(Double.class));
    refused("\"1\"", TypeRef.of(BigDecimal.class));
    refused("1", new TypeRef<List<Integer>>() {});
    refused("\"\"", new TypeRef<List<Integer>>() {});
    refused("{}", new TypeRef<List<Integer>>() {});
    refused("[]", new TypeRef<Map<String, Integer>>() {});
    refused("[\"1\"]", new TypeRef<List<Long>>() {});
    refused("{\"a\":1}", new TypeRef<Map<Integer, Integer>>() {});
    refused("\"\"", TypeRef.of(LocalDate.class));
    refused("\"never\"", TypeRef.of(Instant.class));
  }

  @Test
  void bytes_thatAreCut_areRefusedWhereverTheyAre() {
    TypeRef<Nested> type = TypeRef.of(Nested.class);
    Nested value = new Nested(
        new Flight("Zürich \uD83D\uDE80", -17),
        List.of(new Pair<>("a\n", Map.of(LocalDate.EPOCH, new Flight("ORD", 1)))));
    byte[] bytes = encode(value, type);

    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatExceptionOfType(UncheckedIOException.class)
          .as("cut to %d of %d bytes", length, bytes.length)
          .isThrownBy(() -> decode(cut, type));
    }
  }

  @Test
  void messages_sayWhatIsWrongAndWhere() {
    assertThatThrownBy(() -> decode(
            "{\"flight\":{\"origin\":\"ORD\",\"delay\":1,\"gate\":\"B4\"}}",
            TypeRef.of(Nested.class)))
        .hasMessageContaining("\"gate\"")
        .hasMessageContaining("Nested[\"flight\"]->")
        .hasMessageNotContaining("\n")
        .hasMessageNotContaining("REDACTED");
  }

  @Test
  void messages_aboutDeepValues_stayShort() {
    Chain chain = null;
    for (int i = 0; i < 600; i++) {
      chain = new Chain(i, chain);
    }

    assertThat(refusal(chain, TypeRef.of(Chain.class)))
        .contains("nesting depth (501)")
        .hasSizeLessThan(500);
  }

  // Sizes.

  @Test
  void nesting_thatCanBeWritten_canBeRead() {
    Chain chain = null;
    for (int i = 0; i < 500; i++) {
      chain = new Chain(i, chain);
    }

    roundTrips(chain, TypeRef.of(Chain.class));
  }

  @Test
  void cycles_areRefused() {
    List<List<Integer>> cycle = new ArrayList<>();
    @SuppressWarnings({"unchecked", "rawtypes"})
    boolean added = ((List) cycle).add(cycle);

    assertThat(added).isTrue();
    assertThatThrownBy(() -> encode(cycle, new TypeRef<List<List<Integer>>>() {}))
        .isInstanceOf(UncheckedIOException.class);
  }

  @Test
  void strings_of60MiB_comeBackEqual() {
    String text = "0123456789abcde\n".repeat(60 * 1024 * 1024 / 16);

    assertThat(again(text, TypeRef.of(String.class)).equals(text)).isTrue();
  }

  @Test
  void maps_ofManyKeys_comeBackEqual() {
    Map<String, Integer> map = new HashMap<>();
    for (int i = 0; i < 200_000; i++) {
      map.put("key" + i * 31, i);
    }

    assertThat(again(map, new TypeRef<Map<String, Integer>>() {}).equals(map)).isTrue();
  }

  // Streams.

  @Test
  void streams_stayOpen() throws IOException {
    boolean[] closed = new boolean[2];
    CODEC.encode(
        1,
        TypeRef.of(Integer.class),
        new java.io.FilterOutputStream(OutputStream.nullOutputStream()) {
          @Override
          public void close() {
            closed[0] = true;
          }
        });
    CODEC.decode(
        new java.io.FilterInputStream(new ByteArrayInputStream(new byte[] {'1'})) {
          @Override
          public void close() {
            closed[1] = true;
          }
        },
        TypeRef.of(Integer.class));

    assertThat(closed).containsExactly(false, false);
  }

  @Test
  void streams_thatFail_failTheCodecWithTheirCause() {
    IOException full = new IOException("no space left on device");

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> CODEC.encode("a", TypeRef.of(String.class), new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw full;
          }
        }))
        .withMessageContaining("no space left on device")
        .withStackTraceContaining("IOException: no space left on device");
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> CODEC.decode(
            new InputStream() {
              @Override
              public int read() throws IOException {
                throw full;
              }

              @Override
              public int read(byte[] bytes, int from, int length) throws IOException {
                throw full;
              }
            },
            TypeRef.of(String.class)))
        .withMessageContaining("no space left on device");
  }

  @Test
  void types_ofOneNameInTwoClassLoaders_wereTakenForOne() throws Exception {
    Class<?> elsewhere = new Copying().loadClass(Flight.class.getName());
    assertThat(elsewhere).isNotSameAs(Flight.class);
    String json = json(new Flight("ORD", 1), TypeRef.of(Flight.class));

    assertThat(decode(json, TypeRef.of(Flight.class))).isExactlyInstanceOf(Flight.class);
    assertThat(decode(json, TypeRef.<Object>ofType(elsewhere))).isExactlyInstanceOf(elsewhere);
  }

  private static final class Copying extends ClassLoader {
    Copying() {
      super(JsonCodecTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(Flight.class.getName())) {
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

  @Test
  void name_isWhatRecordsCarry() {
    assertThat(CODEC.name()).isEqualTo("json");
  }
}
