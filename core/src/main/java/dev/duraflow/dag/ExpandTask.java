package dev.duraflow.dag;

import dev.duraflow.error.InvalidDagException;
import java.lang.reflect.ParameterizedType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A task that is a DAG of its own, declared at run time from the output of another task; its output is that of one of the tasks
 * in it. Made by {@code Dag.expand}. Its options are those of the call that declares; the tasks within have their own.
 *
 * <p>The tasks within are {@code train/epoch-3} where they were declared as {@code epoch-3} in the expansion {@code train}, each
 * with a record of its own, and they may be expansions and maps themselves.
 */
public final class ExpandTask<A extends @Nullable Object, R extends @Nullable Object>
    extends Task<R> {
  private final Task<A> input;
  private final Expansion<? super A, R> body;

  /**
   * What was declared.
   *
   * @param dag the tasks
   * @param output the one whose output is the expansion's
   */
  public record Declared(Dag dag, Task<?> output) {}

  ExpandTask(Dag dag, String id, int ordinal, Task<A> input, Expansion<? super A, R> body) {
    super(dag, id, ordinal);
    this.input = input;
    this.body = body;
  }

  @Override
  public List<Task<?>> dependencies() {
    return List.of(input);
  }

  @Override
  Body<?> body() {
    return body;
  }

  /** The body's type is that of a task. */
  @Override
  @SuppressWarnings("unchecked") // the compiler tied it to R
  TypeRef<R> inferredType() {
    if (revealedType().type() instanceof ParameterizedType task) {
      return (TypeRef<R>) TypeRef.ofType(task.getActualTypeArguments()[0]);
    }
    throw new InvalidDagException("the output of task '" + id() + "' in DAG '"
        + dag().name() + "' is not said; say it with .returns(String.class), or whatever it is");
  }

  /**
   * Declares the tasks.
   *
   * @throws InvalidDagException if the body returns no task, or one of another DAG
   */
  public Declared declare(Inputs inputs) throws Exception {
    Dag sub = Dag.nested(id(), id() + "/");
    Task<R> output = body.declare(sub, inputs.get(input));
    if (output == null) {
      throw new InvalidDagException(
          "the body of expansion '" + id() + "' returned null; return a task that it declared");
    }
    if (output.dag() != sub) {
      throw new InvalidDagException("the body of expansion '" + id() + "' returned " + output
          + "; return a task that it declared in the DAG it was given");
    }
    return new Declared(sub, output);
  }

  /**
   * Not called by the engine, which runs the tasks one by one.
   *
   * @throws UnsupportedOperationException always: the tasks within are run in a run only
   */
  @Override
  public R call(Inputs inputs) {
    throw new UnsupportedOperationException(
        this + " is a DAG of its own; look at declare(inputs), or run it");
  }
}
