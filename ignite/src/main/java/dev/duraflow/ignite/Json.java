package dev.duraflow.ignite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.TypeRef;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/** What engines and workers tell each other, as text. */
final class Json {
  private static final int SHOWN = 200;

  private Json() {}

  static <T> String write(T value, Class<T> type) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try {
      Codec.json().encode(value, TypeRef.of(type), json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return json.toString(UTF_8);
  }

  /** @throws IllegalArgumentException if the text says nothing of the kind */
  static <T> T read(String json, Class<T> type) {
    try {
      Object value =
          Codec.json().decode(new ByteArrayInputStream(json.getBytes(UTF_8)), TypeRef.of(type));
      return type.cast(Objects.requireNonNull(value));
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "engine and worker do not understand each other; let both have the same version of duraflow-ignite: "
              + json.substring(0, Math.min(json.length(), SHOWN)),
          e);
    }
  }
}
