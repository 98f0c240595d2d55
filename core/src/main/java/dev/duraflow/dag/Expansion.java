package dev.duraflow.dag;

import org.jspecify.annotations.Nullable;

/**
 * The body of a task that is a DAG of its own, declared from values that are known only at run time: it declares tasks in {@code
 * sub} and returns the one whose output is to be its own.
 *
 * <p>Called again with the same values it should declare the same tasks: what is recorded is found again by id.
 */
@FunctionalInterface
public interface Expansion<A extends @Nullable Object, R extends @Nullable Object>
    extends Body<Task<R>> {
  Task<R> declare(Dag sub, A value) throws Exception;
}
