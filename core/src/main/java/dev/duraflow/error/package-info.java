/**
 * What can go wrong: one root, and a kind of its own only where a caller would act differently.
 */
@NullMarked
package dev.duraflow.error;

import org.jspecify.annotations.NullMarked;
