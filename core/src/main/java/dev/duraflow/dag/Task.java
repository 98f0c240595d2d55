package dev.duraflow.dag;

import dev.duraflow.error.InvalidDagException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node of a {@link Dag}: an id, its dependencies, a body and an output type. Made by {@code Dag}, with its dependencies;
 * afterwards it takes options, but never another dependency, and so no cycle can be written.
 *
 * <p>Not thread-safe while it is being declared. A run reads the options once, when it starts.
 *
 * @param <T> the output
 */
public abstract sealed class Task<T extends @Nullable Object>
    permits Computed.Of0,
        Computed.Of1,
        Computed.Of2,
        Computed.Of3,
        Computed.Of4,
        Computed.OfN,
        Computed.OfList,
        MapTask,
        MapTask.Element {
  private final Dag dag;
  private final String id;
  private final int ordinal;
  private final List<Task<?>> dependencies;
  private @Nullable TypeRef<T> type;
  private boolean external;
  private boolean kept;

  Task(Dag dag, String id, int ordinal, List<Task<?>> dependencies) {
    this.dag = dag;
    this.id = id;
    this.ordinal = ordinal;
    this.dependencies = dependencies;
  }

  /** The DAG that this task was declared in. */
  public final Dag dag() {
    return dag;
  }

  /** What its record is stored under; unique in its DAG. */
  public final String id() {
    return id;
  }

  /** Its position in the order of declaration, from 0. */
  public final int ordinal() {
    return ordinal;
  }

  /** What it depends on, in the order in which its body takes the outputs. */
  public final List<Task<?>> dependencies() {
    return dependencies;
  }

  /**
   * Says the output type, where a body cannot reveal it: a lambda that returns a generic type.
   *
   * @throws InvalidDagException if the type is not definite either
   */
  public final Task<T> returns(TypeRef<T> type) {
    String flaw = Types.flaw(type.type());
    if (flaw != null) {
      throw new InvalidDagException("task '" + id + "' cannot return " + type + ", which " + flaw
          + "; name every type argument, as in new TypeRef<List<String>>() {}");
    }
    this.type = type;
    return this;
  }

  /** Says the output type, where a body cannot reveal it and it has no type arguments. */
  public final Task<T> returns(Class<T> type) {
    return returns(TypeRef.of(type));
  }

  /**
   * Declares that the body acts on the outside world, so that it must not be called before everything that it depends on is
   * durable, even in a run whose tasks do not wait for that ({@code Durability.PIPELINED}). Of a map, it holds for the elements.
   */
  public final Task<T> external() {
    this.external = true;
    return this;
  }

  public final boolean isExternal() {
    return external;
  }

  /**
   * Keeps the output in memory for as long as there is the {@code Run}, for those who will ask {@code run.get}. Otherwise a run
   * with a store drops an output after its last consumer has finished, and {@code run.get} reads the record. Of a map, it holds
   * for the elements' outputs. Without a store all outputs are kept.
   */
  public final Task<T> keep() {
    this.kept = true;
    return this;
  }

  public final boolean isKept() {
    return kept;
  }

  /**
   * The output type: the one said by {@link #returns(TypeRef)}, else the one that the body reveals.
   *
   * @throws InvalidDagException if neither says a definite type
   */
  public final TypeRef<T> type() {
    TypeRef<T> known = type;
    if (known == null) {
      known = inferredType();
      type = known;
    }
    return known;
  }

  @SuppressWarnings("unchecked") // the compiler tied the body's output to T
  TypeRef<T> inferredType() {
    return (TypeRef<T>) revealedType();
  }

  final TypeRef<?> revealedType() {
    OutputTypes.Reading reading = OutputTypes.of(body());
    if (reading.type() == null) {
      throw new InvalidDagException(
          "the output of task '" + id + "' in DAG '" + dag.name() + "' is " + reading.problem()
              + "; say it with .returns(new TypeRef<List<String>>() {}), or whatever it is, or pass a method reference, "
              + "which keeps its generics");
    }
    return reading.type();
  }

  abstract Body<?> body();

  /**
   * Calls the body in the calling thread, outside any run: nothing is recorded or reused. This is how the engine computes the
   * task, and how a unit test can.
   */
  public abstract T call(Inputs inputs) throws Exception;

  @Override
  public final String toString() {
    return "task '" + id + "' of DAG '" + dag.name() + "'";
  }
}
