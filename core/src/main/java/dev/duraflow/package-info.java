/**
 * The front door: {@link dev.duraflow.Duraflow} opens a store and runs DAGs on it; a {@link dev.duraflow.Run} is one execution. Nulls are not accepted and not returned unless a type says so.
 */
@NullMarked
package dev.duraflow;

import org.jspecify.annotations.NullMarked;
