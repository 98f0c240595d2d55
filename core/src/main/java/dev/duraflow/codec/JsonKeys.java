package dev.duraflow.codec;

import com.fasterxml.jackson.annotation.JsonFormat;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.Version;
import tools.jackson.databind.BeanDescription;
import tools.jackson.databind.DeserializationConfig;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationConfig;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.deser.KeyDeserializers;
import tools.jackson.databind.ser.Serializers;

/**
 * The keys of maps. A key in JSON is a string; of an object Jackson would write {@code toString()} and read it back by whatever
 * takes a single string. Here it is the JSON of the object, as a string.
 */
final class JsonKeys extends JacksonModule implements Serializers, KeyDeserializers {
  private final Supplier<ObjectMapper> mapper;

  private JsonKeys(Supplier<ObjectMapper> mapper) {
    this.mapper = mapper;
  }

  static JacksonModule module(Supplier<ObjectMapper> mapper) {
    return new JsonKeys(mapper);
  }

  @Override
  public String getModuleName() {
    return "duraflow-keys";
  }

  @Override
  public Version version() {
    return Version.unknownVersion();
  }

  @Override
  public void setupModule(SetupContext context) {
    context.addKeySerializers(this);
    context.addKeyDeserializers(this);
  }

  @Override
  public @Nullable ValueSerializer<?> findSerializer(
      SerializationConfig config,
      JavaType type,
      BeanDescription.Supplier description,
      JsonFormat.@Nullable Value format) {
    if (type.hasRawClass(String.class) || type.hasRawClass(Character.class)) {
      return new TextWriter();
    }
    return isObject(type, description) ? new Writer(type) : null;
  }

  @Override
  public @Nullable KeyDeserializer findKeyDeserializer(
      JavaType type, DeserializationConfig config, BeanDescription.Supplier description) {
    return isObject(type, description) ? new Reader(type) : null;
  }

  /** Whether a type has no form as a string, be it the JDK's or one that its annotations name. */
  private static boolean isObject(JavaType type, BeanDescription.Supplier description) {
    return !type.isPrimitive()
        && !type.isEnumType()
        && !type.isArrayType()
        && !type.getRawClass().getName().startsWith("java.")
        && description.get().findJsonKeyAccessor() == null
        && description.get().findJsonValueAccessor() == null;
  }

  private final class Writer extends ValueSerializer<Object> {
    private final JavaType type;

    Writer(JavaType type) {
      this.type = type;
    }

    @Override
    public void serialize(Object key, JsonGenerator out, SerializationContext context) {
      // By way of bytes, for which half of a surrogate pair is escaped.
      byte[] json = mapper.get().writerFor(type).writeValueAsBytes(key);
      out.writeName(new String(json, StandardCharsets.UTF_8));
    }
  }

  /** Half of a surrogate pair can be written in a name but not read, so it must not be written. */
  private static final class TextWriter extends ValueSerializer<Object> {
    @Override
    public void serialize(Object key, JsonGenerator out, SerializationContext context) {
      String name = key.toString();
      if (hasUnpaired(name)) {
        context.reportMappingProblem(
            "a map's key with an unpaired surrogate cannot be read back: '%s'", name);
      }
      out.writeName(name);
    }

    private static boolean hasUnpaired(String text) {
      for (int i = 0; i < text.length(); ) {
        int c = text.codePointAt(i);
        if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
          return true;
        }
        i += Character.charCount(c);
      }
      return false;
    }
  }

  private final class Reader extends KeyDeserializer {
    private final JavaType type;

    Reader(JavaType type) {
      this.type = type;
    }

    @Override
    public Object deserializeKey(String key, DeserializationContext context) {
      return mapper.get().readerFor(type).readValue(key);
    }
  }
}
