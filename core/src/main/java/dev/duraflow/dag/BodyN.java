package dev.duraflow.dag;

import org.jspecify.annotations.Nullable;

/** The body of a task with any number of dependencies, which asks for their outputs by task. */
@FunctionalInterface
public interface BodyN<R extends @Nullable Object> extends Body<R> {
  R call(Inputs inputs) throws Exception;
}
