package dev.duraflow.dag;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A task that takes the {@linkplain Outcome outcome} of another, and so runs even if that one failed. Made by {@link
 * Task#outcome()} and {@link Task#orElse}.
 */
public final class Recovery<T extends @Nullable Object, R extends @Nullable Object>
    extends Task<R> {
  private final Task<T> tried;
  private final Function<Outcome<T>, R> taken;
  private final Function<TypeRef<T>, TypeRef<R>> typeOf;

  Recovery(
      Dag dag,
      String id,
      int ordinal,
      Task<T> tried,
      Function<Outcome<T>, R> taken,
      Function<TypeRef<T>, TypeRef<R>> typeOf) {
    super(dag, id, ordinal);
    this.tried = tried;
    this.taken = taken;
    this.typeOf = typeOf;
  }

  @Override
  public List<Task<?>> dependencies() {
    return List.of(tried);
  }

  @Override
  Body<?> body() {
    return tried.body();
  }

  @Override
  TypeRef<R> inferredType() {
    return typeOf.apply(tried.type());
  }

  @Override
  public R call(Inputs inputs) {
    return taken.apply(Objects.requireNonNull(inputs.outcome(tried)));
  }
}
