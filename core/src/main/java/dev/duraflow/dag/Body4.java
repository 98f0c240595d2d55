package dev.duraflow.dag;

import org.jspecify.annotations.Nullable;

/** The body of a task with four dependencies, which takes their outputs in the order in which they are declared. */
@FunctionalInterface
public interface Body4<
        A extends @Nullable Object,
        B extends @Nullable Object,
        C extends @Nullable Object,
        D extends @Nullable Object,
        R extends @Nullable Object>
    extends Body<R> {
  R call(A a, B b, C c, D d) throws Exception;
}
