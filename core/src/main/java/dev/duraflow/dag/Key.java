package dev.duraflow.dag;

import org.jspecify.annotations.Nullable;

/**
 * Names an element of a {@linkplain Dag#map map}: the same element must get the same key in every process, and no two elements
 * of one map the same key.
 */
@FunctionalInterface
public interface Key<E extends @Nullable Object> {
  String of(E element);
}
