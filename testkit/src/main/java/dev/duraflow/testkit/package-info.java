/**
 * Contracts that stores have to keep, as tests to inherit; crashes and faults to test DAGs with.
 */
@NullMarked
package dev.duraflow.testkit;

import org.jspecify.annotations.NullMarked;
