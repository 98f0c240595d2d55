package dev.duraflow.codec;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import dev.duraflow.dag.TypeRef;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by Jackson, set up to lose nothing: an object is its fields (not its getters, which may compute or hide), an unknown
 * property is an error, a date keeps its zone, and there is no default typing, so that bytes never choose a class.
 */
final class JsonCodec implements Codec {
  static final Codec INSTANCE = new JsonCodec();

  private final JsonMapper mapper = JsonMapper.builder(JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder()
              .maxStringLength(Integer.MAX_VALUE)
              .maxNumberLength(Integer.MAX_VALUE)
              .build())
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
          .build())
      .changeDefaultVisibility(visibility -> visibility
          .withVisibility(PropertyAccessor.ALL, Visibility.NONE)
          .withVisibility(PropertyAccessor.FIELD, Visibility.ANY)
          .withVisibility(PropertyAccessor.CREATOR, Visibility.ANY))
      .enable(
          DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
          DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .enable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
      .disable(
          DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS,
          DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
      .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
      .build();

  private final ConcurrentMap<TypeRef<?>, Format> formats = new ConcurrentHashMap<>();

  private record Format(ObjectWriter writer, ObjectReader reader) {}

  private JsonCodec() {}

  @Override
  public String name() {
    return "json";
  }

  @Override
  public void encode(@Nullable Object value, TypeRef<?> type, OutputStream out) {
    format(type).writer.writeValue(out, value);
  }

  @Override
  public @Nullable Object decode(InputStream in, TypeRef<?> type) {
    return format(type).reader.readValue(in);
  }

  private Format format(TypeRef<?> type) {
    Format known = formats.get(type);
    if (known == null) {
      JavaType javaType = mapper.constructType(type.type());
      known = new Format(mapper.writerFor(javaType), mapper.readerFor(javaType));
      formats.put(type, known);
    }
    return known;
  }
}
