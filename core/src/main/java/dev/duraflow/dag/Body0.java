package dev.duraflow.dag;

import org.jspecify.annotations.Nullable;

/** The body of a task with no dependency. */
@FunctionalInterface
public interface Body0<R extends @Nullable Object> extends Body<R> {
  R call() throws Exception;
}
