package dev.duraflow.remote;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.DagOrigin;
import dev.duraflow.dag.TypeRef;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Declares a DAG under a name, from parameters that can be written as JSON, so that any process with the same program can declare
 * the same one. A worker runs tasks of those factories only that it was given. Thread-safe if its function is.
 *
 * <p>The function must give the same tasks for the same parameters in every process; bodies may use what is in their own process.
 *
 * @param <P> the parameters: a record, or whatever {@link Codec#json()} reads and writes
 */
public final class DagFactory<P extends @Nullable Object> {
  private final String name;
  private final TypeRef<?> type;
  private final Function<@Nullable Object, Dag> declare;

  private DagFactory(String name, TypeRef<?> type, Function<@Nullable Object, Dag> declare) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("the name of a DAG factory must not be empty");
    }
    this.name = name;
    this.type = Objects.requireNonNull(type);
    this.declare = Objects.requireNonNull(declare);
  }

  /** A factory of one DAG, without parameters. */
  public static DagFactory<@Nullable Void> named(String name, Supplier<Dag> declare) {
    Objects.requireNonNull(declare);
    return new DagFactory<>(name, TypeRef.of(String.class), none -> declare.get());
  }

  /** A factory of a DAG for each value of its parameters. */
  public static <P> DagFactory<P> named(
      String name, Class<P> parameters, Function<? super P, Dag> declare) {
    return named(name, TypeRef.of(parameters), declare);
  }

  /** The same, for parameters of a generic type. */
  @SuppressWarnings("unchecked") // decoded as P
  public static <P extends @Nullable Object> DagFactory<P> named(
      String name, TypeRef<P> parameters, Function<? super P, Dag> declare) {
    return new DagFactory<>(name, parameters, (Function<@Nullable Object, Dag>) declare);
  }

  public String name() {
    return name;
  }

  /** Declares the DAG for parameters, as every worker will. */
  public Dag create(P parameters) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try {
      Codec.json().encode(parameters, type, json);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "the parameters of DAG factory '" + name + "' cannot be written as " + type + ": "
              + e.getMessage(),
          e);
    }
    return declare(json.toString(StandardCharsets.UTF_8));
  }

  /** Declares the DAG of a factory without parameters. */
  public Dag create() {
    return declare("null");
  }

  /**
   * Declares the DAG for parameters that were written as JSON.
   *
   * @throws IllegalArgumentException if they are not this factory's
   */
  public Dag declare(String parameters) {
    Object value;
    try {
      value = Codec.json()
          .decode(new ByteArrayInputStream(parameters.getBytes(StandardCharsets.UTF_8)), type);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "the parameters of DAG factory '" + name + "' cannot be read as " + type + ": "
              + e.getMessage(),
          e);
    }
    return Objects.requireNonNull(
            declare.apply(value), () -> "DAG factory '" + name + "' returned no DAG")
        .origin(new DagOrigin(name, parameters));
  }

  @Override
  public String toString() {
    return "DAG factory '" + name + "'";
  }
}
