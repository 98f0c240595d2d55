package dev.duraflow.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.TypeRef;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Random values of random types: what comes back equals what went in. */
final class JsonCodecPropertyTest {
  private static final int TYPES = 300;
  private static final int VALUES = 20;
  private static final int DEEPEST = 4;

  record Pair<A, B>(A first, B second) {}

  record Leaf(int a, String b, double c) {}

  /** A type and how to make values of it. */
  private record Sort(Type type, Supplier<Object> value) {}

  private record Applied(Class<?> raw, List<Type> arguments) implements ParameterizedType {
    @Override
    public Type[] getActualTypeArguments() {
      return arguments.toArray(new Type[0]);
    }

    @Override
    public Type getRawType() {
      return raw;
    }

    @Override
    public Type getOwnerType() {
      return null;
    }
  }

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  @Test
  void randomValuesOfRandomTypes_comeBackEqual() throws Exception {
    System.out.println("JsonCodecPropertyTest seed " + seed);
    for (int i = 0; i < TYPES; i++) {
      Sort sort = sort(DEEPEST);
      for (int j = 0; j < VALUES; j++) {
        check(sort.value().get(), TypeRef.ofType(sort.type()));
      }
    }
  }

  private void check(Object value, TypeRef<?> type) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Codec.json().encode(value, type, out);

    assertThat(Codec.json().decode(new ByteArrayInputStream(out.toByteArray()), type))
        .as("seed %d, %s: %s", seed, type, out.toString(StandardCharsets.UTF_8))
        .isEqualTo(value);
  }

  private Sort sort(int depth) {
    if (depth == 0 || random.nextInt(3) == 0) {
      return scalar();
    }
    return switch (random.nextInt(6)) {
      case 0 -> of(List.class, sort(depth - 1), this::list);
      case 1 -> of(Set.class, notNull(scalar()), one -> new LinkedHashSet<>(list(one)));
      case 2 ->
        of(
            Optional.class,
            notNull(scalar()),
            one -> random.nextBoolean() ? Optional.of(one.value().get()) : Optional.empty());
      case 3 -> {
        Sort first = sort(depth - 1);
        Sort second = sort(depth - 1);
        yield new Sort(
            new Applied(Pair.class, List.of(first.type(), second.type())),
            () -> random.nextInt(8) == 0
                ? null
                : new Pair<>(first.value().get(), second.value().get()));
      }
      default -> {
        // Half a character is refused in a key; inside an object it is fine.
        Sort key = random.nextInt(4) == 0
            ? new Sort(
                new Applied(Pair.class, List.of(Long.class, String.class)),
                () -> new Pair<>(random.nextLong(), text()))
            : readable(notNull(scalar()));
        Sort value = sort(depth - 1);
        yield new Sort(new Applied(Map.class, List.of(key.type(), value.type())), () -> {
          Map<Object, Object> map = new LinkedHashMap<>();
          for (int i = random.nextInt(4); i > 0; i--) {
            map.put(key.value().get(), value.value().get());
          }
          return map;
        });
      }
    };
  }

  private static Sort of(Class<?> raw, Sort one, Function<Sort, Object> value) {
    return new Sort(new Applied(raw, List.of(one.type())), () -> value.apply(one));
  }

  private List<Object> list(Sort one) {
    List<Object> values = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      values.add(one.value().get());
    }
    return values;
  }

  private static Sort notNull(Sort sort) {
    return new Sort(sort.type(), () -> {
      Object value = sort.value().get();
      return value != null ? value : notNull(sort).value().get();
    });
  }

  private static Sort readable(Sort sort) {
    return new Sort(sort.type(), () -> {
      Object value = sort.value().get();
      return (value instanceof String || value instanceof Character)
              && value.toString().codePoints().anyMatch(c -> c >= 0xd800 && c <= 0xdfff)
          ? readable(sort).value().get()
          : value;
    });
  }

  private Sort scalar() {
    List<Sort> all = Arrays.asList(
        new Sort(Integer.class, random::nextInt),
        new Sort(Long.class, random::nextLong),
        new Sort(Short.class, () -> (short) random.nextInt()),
        new Sort(Byte.class, () -> (byte) random.nextInt()),
        new Sort(Character.class, () -> (char) random.nextInt()),
        new Sort(Boolean.class, random::nextBoolean),
        new Sort(Double.class, () -> Double.longBitsToDouble(random.nextLong())),
        new Sort(Float.class, () -> Float.intBitsToFloat(random.nextInt())),
        new Sort(String.class, this::text),
        new Sort(BigInteger.class, () -> new BigInteger(random.nextInt(200), random)),
        new Sort(
            BigDecimal.class,
            () -> new BigDecimal(new BigInteger(100, random), random.nextInt(400) - 200)),
        new Sort(Instant.class, this::instant),
        new Sort(LocalDate.class, () -> LocalDate.ofEpochDay(random.nextInt())),
        new Sort(Duration.class, () -> Duration.ofSeconds(random.nextLong() / 4, random.nextInt())),
        new Sort(DayOfWeek.class, () -> DayOfWeek.of(1 + random.nextInt(7))),
        new Sort(ZonedDateTime.class, this::zoned),
        new Sort(
            Leaf.class,
            () -> random.nextInt(8) == 0
                ? null
                : new Leaf(random.nextInt(), text(), random.nextGaussian())));
    Sort chosen = all.get(random.nextInt(all.size()));
    return new Sort(
        chosen.type(), () -> random.nextInt(10) == 0 ? null : chosen.value().get());
  }

  private Instant instant() {
    return Instant.ofEpochSecond(random.nextInt() * 20L, random.nextInt(1_000_000_000));
  }

  private ZonedDateTime zoned() {
    List<String> zones =
        List.of("Europe/Berlin", "UTC", "Z", "+05:30", "America/St_Johns", "GMT-3");
    return instant().atZone(ZoneId.of(zones.get(random.nextInt(zones.size()))));
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      switch (random.nextInt(4)) {
        case 0 -> text.append((char) random.nextInt(128));
        case 1 -> text.appendCodePoint(random.nextInt(Character.MAX_CODE_POINT + 1));
        case 2 -> text.append((char) random.nextInt(65_536));
        default -> text.append((char) ('a' + random.nextInt(26)));
      }
    }
    return text.toString();
  }
}
