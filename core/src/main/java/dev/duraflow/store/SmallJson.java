package dev.duraflow.store;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON objects of text and numbers, for what a store notes for itself. Not by the codec, which refuses values whose type is not
 * declared, since it could not give back what it was given.
 */
final class SmallJson {
  private static final ObjectReader OBJECTS = JsonMapper.shared()
      .readerForMapOf(Object.class)
      .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final ObjectReader VALUES = JsonMapper.shared()
      .readerFor(Object.class)
      .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private SmallJson() {}

  static byte[] encode(Map<String, @Nullable Object> fields) {
    return JsonMapper.shared().writeValueAsBytes(fields);
  }

  /**
   * The object that the first bytes are.
   *
   * @throws IllegalArgumentException if they are not one JSON object
   */
  static Map<String, @Nullable Object> decode(byte[] json, int length) {
    try {
      Map<String, @Nullable Object> fields = OBJECTS.readValue(json, 0, length);
      if (fields == null) {
        throw new IllegalArgumentException("expected a JSON object: null");
      }
      return fields;
    } catch (JacksonException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    }
  }

  /**
   * Says whether bytes are one JSON value, of any kind.
   *
   * @throws IllegalArgumentException if they are not
   */
  static void check(byte[] json) {
    try {
      VALUES.readValue(json);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    }
  }
}
