package dev.duraflow.dag;

import org.jspecify.annotations.Nullable;

/** The body of a task with one dependency, which takes its output. */
@FunctionalInterface
public interface Body1<A extends @Nullable Object, R extends @Nullable Object> extends Body<R> {
  R call(A a) throws Exception;
}
