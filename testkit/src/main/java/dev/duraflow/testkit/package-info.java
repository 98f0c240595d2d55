/**
 * Contracts that stores have to keep, as tests to inherit.
 */
@NullMarked
package dev.duraflow.testkit;

import org.jspecify.annotations.NullMarked;
