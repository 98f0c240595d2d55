package dev.duraflow.dag;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * A type with its generics, said by an anonymous subclass: {@code new TypeRef<List<Airport>>() {}}. Two references to the same
 * type are equal. (The idea is Neal Gafter's "super type token".)
 *
 * @param <T> the type meant
 */
public abstract class TypeRef<T extends @Nullable Object> {
  private final Type type;
  private final String name;

  /** Reads {@code T} off the subclass. */
  protected TypeRef() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parent)
        || parent.getRawType() != TypeRef.class) {
      throw new IllegalArgumentException("say the type as in new TypeRef<List<String>>() {}: "
          + getClass().getGenericSuperclass());
    }
    this.type = parent.getActualTypeArguments()[0];
    this.name = Types.name(type);
  }

  private TypeRef(Type type) {
    this.type = type;
    this.name = Types.name(type);
  }

  /** A type without type parameters. Primitive types stand for their wrappers. */
  public static <T extends @Nullable Object> TypeRef<T> of(Class<T> type) {
    return ofType(type);
  }

  /** A type that is known by reflection; the caller vouches for {@code T}. */
  public static <T extends @Nullable Object> TypeRef<T> ofType(Type type) {
    return new Known<>(type instanceof Class<?> c ? Types.boxed(c) : type);
  }

  public Type type() {
    return type;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof TypeRef<?> that && name.equals(that.name);
  }

  @Override
  public final int hashCode() {
    return name.hashCode();
  }

  /** The type as stores write it: binary class names with their arguments, as in {@code java.util.List<com.acme.Route>}. */
  @Override
  public final String toString() {
    return name;
  }

  private static final class Known<T extends @Nullable Object> extends TypeRef<T> {
    Known(Type type) {
      super(type);
    }
  }
}
