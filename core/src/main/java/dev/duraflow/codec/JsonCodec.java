package dev.duraflow.codec;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import dev.duraflow.dag.TypeRef;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.cfg.ConstructorDetector;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import tools.jackson.databind.type.LogicalType;

/**
 * JSON by Jackson, set up to lose nothing: an object is its fields (not its getters, which may compute or hide), all of them,
 * and one more or one less is an error; a date keeps its zone, an enum constant its name, and a number is not a string. There
 * is no default typing, and a type that asks for class names is refused, so that bytes never choose a class.
 */
final class JsonCodec implements Codec {
  static final Codec INSTANCE = new JsonCodec();

  private static final int LONGEST_PATH = 200;

  private final JsonMapper mapper = JsonMapper.builder(JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder()
              .maxStringLength(Integer.MAX_VALUE)
              .maxNumberLength(Integer.MAX_VALUE)
              .maxNameLength(Integer.MAX_VALUE)
              .build())
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          .disable(StreamReadFeature.AUTO_CLOSE_SOURCE)
          // A map may have any keys, however their hashes fall.
          .disable(TokenStreamFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .build())
      .changeDefaultVisibility(visibility -> visibility
          .withVisibility(PropertyAccessor.ALL, Visibility.NONE)
          .withVisibility(PropertyAccessor.FIELD, Visibility.ANY)
          .withVisibility(PropertyAccessor.CREATOR, Visibility.ANY))
      .annotationIntrospector(new IncludesAll())
      // Where an object can be filled field by field, no constructor gets to work on them again.
      .constructorDetector(
          ConstructorDetector.DEFAULT.withAllowImplicitWithDefaultConstructor(false))
      .enable(
          DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
          DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
          DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
      .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
      .withCoercionConfig(
          LogicalType.Textual,
          text -> text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
              .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
              .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
      .enable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
      .disable(
          DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS,
          DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
      .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
      // Two constants may print alike, and how they print may change.
      .disable(EnumFeature.WRITE_ENUMS_USING_TO_STRING, EnumFeature.READ_ENUMS_USING_TO_STRING)
      .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
      // Allows no class name at all; the names that a type's own annotations give are another
      // matter.
      .polymorphicTypeValidator(BasicPolymorphicTypeValidator.builder().build())
      .addModule(JsonTypes.module())
      .addModule(JsonKeys.module(() -> this.mapper))
      .build();

  /** By type and not by its name, which classes of two class loaders may share. */
  private final ConcurrentMap<Type, Format> formats = new ConcurrentHashMap<>();

  private record Format(ObjectWriter writer, ObjectReader reader) {}

  /** What is left out of the JSON because it is empty would come back as null. */
  private static final class IncludesAll extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonInclude.Value findPropertyInclusion(MapperConfig<?> config, Annotated annotated) {
      return JsonInclude.Value.empty();
    }
  }

  private JsonCodec() {}

  @Override
  public String name() {
    return "json";
  }

  @Override
  public void encode(@Nullable Object value, TypeRef<?> type, OutputStream out) throws IOException {
    try {
      format(type).writer.writeValue(out, value);
    } catch (JacksonException e) {
      throw readable(e);
    }
  }

  @Override
  public @Nullable Object decode(InputStream in, TypeRef<?> type) throws IOException {
    try {
      return format(type).reader.readValue(in);
    } catch (JacksonException e) {
      throw readable(e);
    }
  }

  /** Jackson's own message goes on about its settings for lines; what is wrong and where is enough. */
  private static IOException readable(JacksonException e) {
    String path = e.getPathReference();
    String where = path.length() <= LONGEST_PATH ? path : path.substring(0, LONGEST_PATH) + "...";
    return new IOException(
        where.isEmpty() ? e.getOriginalMessage() : e.getOriginalMessage() + " (at " + where + ")",
        e);
  }

  private Format format(TypeRef<?> type) {
    Format known = formats.get(type.type());
    if (known == null) {
      JavaType javaType = mapper.constructType(type.type());
      known = new Format(mapper.writerFor(javaType), mapper.readerFor(javaType));
      formats.put(type.type(), known);
    }
    return known;
  }
}
