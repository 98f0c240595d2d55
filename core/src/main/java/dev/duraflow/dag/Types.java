package dev.duraflow.dag;

import java.lang.invoke.MethodType;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Names, judges and builds {@link Type}s. */
final class Types {
  private Types() {}

  static Class<?> boxed(Class<?> type) {
    return MethodType.methodType(type).wrap().returnType();
  }

  static String name(Type type) {
    if (type instanceof Class<?> c) {
      return c.isArray() ? name(c.getComponentType()) + "[]" : c.getName();
    }
    if (type instanceof ParameterizedType p) {
      return Arrays.stream(p.getActualTypeArguments())
          .map(Types::name)
          .collect(Collectors.joining(",", name(p.getRawType()) + "<", ">"));
    }
    if (type instanceof GenericArrayType a) {
      return name(a.getGenericComponentType()) + "[]";
    }
    return type.toString();
  }

  /** What keeps values of a type from being read back as what they were; null if nothing does. */
  static @Nullable String flaw(Type type) {
    if (type == Object.class || type == Number.class || type == java.io.Serializable.class) {
      return "says nothing about the value";
    }
    if (type instanceof Class<?> c) {
      if (c.isArray()) {
        return flaw(c.getComponentType());
      }
      return c.getTypeParameters().length > 0
          ? "is generic, and its type arguments are not known here"
          : null;
    }
    if (type instanceof ParameterizedType p) {
      return Arrays.stream(p.getActualTypeArguments())
          .filter(argument -> flaw(argument) != null)
          .map(argument -> "has the type argument " + name(argument) + ", which " + flaw(argument))
          .findFirst()
          .orElse(null);
    }
    if (type instanceof GenericArrayType a) {
      return flaw(a.getGenericComponentType());
    }
    return "is not one definite type";
  }

  /** {@code raw<argument>}, of a class with one type parameter. */
  static Type generic(Class<?> raw, Type argument) {
    return new Generic(raw, argument);
  }

  /** Equality is that of the names, through {@link TypeRef}; nobody compares these to the JDK's own. */
  private record Generic(Class<?> raw, Type argument) implements ParameterizedType {
    @Override
    public Type[] getActualTypeArguments() {
      return new Type[] {argument};
    }

    @Override
    public Type getRawType() {
      return raw;
    }

    @Override
    public @Nullable Type getOwnerType() {
      return null;
    }
  }
}
