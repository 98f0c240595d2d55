package dev.duraflow.dag;

import dev.duraflow.error.InvalidDagException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
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
        Computed.OfStream,
        Recovery,
        ExpandTask,
        MapTask,
        MapTask.Element {
  private final Dag dag;
  private final String id;
  private final int ordinal;
  private @Nullable TypeRef<T> type;
  private boolean external;
  private boolean local;
  private boolean kept;
  private @Nullable TaskOptions options;

  Task(Dag dag, String id, int ordinal) {
    this.dag = dag;
    this.id = id;
    this.ordinal = ordinal;
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
  public abstract List<Task<?>> dependencies();

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

  /**
   * Says what happens when an attempt fails; without this the default of the DAG or of the engine holds, which is to try once. Of a
   * map, it holds for each element.
   */
  public final Task<T> retry(Retry retry) {
    options = options().withRetry(Objects.requireNonNull(retry));
    return this;
  }

  /**
   * Says how long one attempt may take. Then the thread is interrupted, and the attempt has failed with a {@link
   * dev.duraflow.error.TaskTimeoutException}, whatever the body makes of it. Of a map, it holds for each element.
   */
  public final Task<T> timeout(Duration limit) {
    options = options().withTimeout(positive(limit, "timeout"));
    return this;
  }

  /** Says how long all attempts in one process may take, with the delays between them. Of a map, it holds for each element. */
  public final Task<T> totalTimeout(Duration limit) {
    options = options().withTotalTimeout(positive(limit, "totalTimeout"));
    return this;
  }

  private Duration positive(Duration limit, String what) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException(
          what + " of task '" + id + "' must be longer than nothing: " + limit);
    }
    return limit;
  }

  /** Lets it wait for a permit of a limit, in addition to limits said before. Of a map, it holds for each element. */
  public final Task<T> limit(Limit limit) {
    List<Limit> all = new ArrayList<>(options().limits());
    all.removeIf(other -> other.name().equals(limit.name()));
    all.add(limit);
    all.sort(Comparator.comparing(Limit::name));
    options = options().withLimits(List.copyOf(all));
    return this;
  }

  /**
   * Says that of the tasks that are ready, this one is to be taken before those of a lower priority; the default is 0. Among equals,
   * the one with the longest remaining path is taken first. Of a map, it holds for the elements, and of an expansion, for the tasks
   * within that do not say themselves. What has been begun is not interrupted for it.
   */
  public final Task<T> priority(int priority) {
    options = options().withPriority(priority);
    return this;
  }

  /** What was said by {@link #retry}, {@link #timeout} and the like. */
  public final TaskOptions options() {
    return options == null ? TaskOptions.NONE : options;
  }

  /** Whether anything was. */
  public final boolean hasOptions() {
    return options != null;
  }

  final void inherit(Task<?> other) {
    external = other.external;
    local = other.local;
    options = other.options;
  }

  /**
   * A task that takes this one's outcome, its output or its failure, and so runs even if this one fails or is skipped. If all who
   * depend on this one do so, or are themselves skipped and that is taken so, its failure is no failure of the run, and it is not
   * tried again when the run is resumed. A {@link dev.duraflow.error.StoreException} is never an outcome: it says nothing of the
   * task. The id is that of this task and {@code .outcome}.
   */
  public final Task<Outcome<T>> outcome() {
    return dag.add(new Recovery<T, Outcome<T>>(
        dag,
        id + ".outcome",
        dag.size(),
        this,
        outcome -> outcome,
        type -> TypeRef.ofType(Types.generic(Outcome.class, type.type()))));
  }

  /** A task with this one's output, or with another value if this one fails or is skipped; see {@link #outcome()}. */
  public final Task<T> orElse(T other) {
    return dag.add(new Recovery<T, T>(
        dag, id + ".orElse", dag.size(), this, outcome -> outcome.orElse(other), type -> type));
  }

  /**
   * Keeps the body in the process that the run belongs to, in a run whose tasks are placed on other machines: since it needs what
   * only that process has, or is too small for the way. Of a map, it holds for the elements; what gives their keys is called there
   * in any case, and so is what declares an expansion. The tasks within an expansion say it themselves.
   */
  public final Task<T> local() {
    this.local = true;
    return this;
  }

  public final boolean isLocal() {
    return local;
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

  /** Whether it takes the elements of its dependency one after the other, and so does not need them all at once. */
  public final boolean takesStream() {
    return this instanceof Computed.OfStream;
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
