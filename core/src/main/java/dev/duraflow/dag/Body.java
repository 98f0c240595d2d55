package dev.duraflow.dag;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The function that computes a task's output: one of {@link Body0} to {@link Body4} by the number of dependencies, or
 * {@link BodyN}. A body may block, may throw anything, and is called from any thread, but for one task never by two at once.
 *
 * <p>Bodies are {@code Serializable} only so that a lambda or method reference reveals its output type; they are never
 * serialized, and what they capture need not be serializable.
 *
 * @param <R> the output
 */
public interface Body<R extends @Nullable Object> extends Serializable {}
