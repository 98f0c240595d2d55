package dev.duraflow.codec;

import java.io.File;
import java.io.Serializable;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdScalarSerializer;

/**
 * The types of which Jackson's own form says too little: some get another form, and the others are refused rather than read
 * back as something else.
 */
final class JsonTypes {
  private JsonTypes() {}

  static JacksonModule module() {
    SimpleModule module = new SimpleModule("duraflow-types")
        // A set that a task ordered comes back in that order.
        .addAbstractTypeMapping(Set.class, LinkedHashSet.class)
        // Relative paths stay relative; Jackson would resolve them against the working directory.
        .addSerializer(Path.class, new ToText<>(Path.class, JsonTypes::text))
        .addDeserializer(Path.class, new FromText<>(Path.class, Path::of))
        .addKeyDeserializer(Path.class, new KeyDeserializer() {
          @Override
          public Object deserializeKey(String key, DeserializationContext context) {
            return Path.of(key);
          }
        })
        .addSerializer(File.class, new ToText<>(File.class, File::getPath))
        .addDeserializer(File.class, new FromText<>(File.class, File::new));
    String untyped = "JSON does not tell its classes apart";
    refuse(module, Object.class, untyped);
    refuse(module, Number.class, untyped);
    refuse(module, Serializable.class, untyped);
    refuse(module, Class.class, "bytes must not choose a class");
    refuse(module, Calendar.class, "its time zone would be lost");
    refuse(module, GregorianCalendar.class, "its time zone would be lost");
    refuse(module, Pattern.class, "its flags would be lost");
    return module;
  }

  private static String text(Path path) {
    if (path.getFileSystem() != FileSystems.getDefault()) {
      throw new IllegalArgumentException(
          "a path of another file system than the default one cannot be stored: " + path.toUri());
    }
    return path.toString();
  }

  private static <T> void refuse(SimpleModule module, Class<T> type, String reason) {
    module.addDeserializer(type, new Refused<>(type, reason));
    module.addKeyDeserializer(type, new RefusedKey(type, reason));
  }

  private static final class ToText<T> extends StdScalarSerializer<T> {
    private final Function<T, String> text;

    ToText(Class<T> type, Function<T, String> text) {
      super(type);
      this.text = text;
    }

    @Override
    public void serialize(T value, JsonGenerator out, SerializationContext context) {
      out.writeString(text.apply(value));
    }
  }

  private static final class FromText<T> extends StdScalarDeserializer<T> {
    private final Function<String, T> value;

    FromText(Class<T> type, Function<String, T> value) {
      super(type);
      this.value = value;
    }

    @Override
    public T deserialize(JsonParser in, DeserializationContext context) {
      return value.apply(_parseString(in, context, this));
    }
  }

  /** Fails before it reads, so that whether a type can be stored does not depend on the value. */
  private static final class Refused<T> extends StdScalarDeserializer<T> {
    private final String reason;

    Refused(Class<T> type, String reason) {
      super(type);
      this.reason = reason;
    }

    @Override
    public ValueDeserializer<?> createContextual(
        DeserializationContext context, @Nullable BeanProperty property) {
      return context.reportBadDefinition(handledType(), message(property));
    }

    @Override
    public T deserialize(JsonParser in, DeserializationContext context) {
      return context.reportBadDefinition(handledType(), message(null));
    }

    private String message(@Nullable BeanProperty property) {
      String in = property == null ? "" : ", in '" + property.getName() + "',";
      return "a value declared as " + handledType().getName() + in + refusal(reason);
    }
  }

  private static final class RefusedKey extends KeyDeserializer {
    private final Class<?> type;
    private final String reason;

    RefusedKey(Class<?> type, String reason) {
      this.type = type;
      this.reason = reason;
    }

    @Override
    public void resolve(DeserializationContext context) {
      deserializeKey("", context);
    }

    @Override
    public Object deserializeKey(String key, DeserializationContext context) {
      return context.reportBadDefinition(
          type, "a map's key declared as " + type.getName() + refusal(reason));
    }
  }

  private static String refusal(String reason) {
    return " would not come back as what it was: " + reason + "; declare a more definite type";
  }
}
