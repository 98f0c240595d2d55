/**
 * Measures duraflow, each figure beside a peer or a limit that was measured in the same run. Start at {@link
 * dev.duraflow.benchmarks.Bench}; a group of measurements is one class, and so is a peer.
 */
@NullMarked
package dev.duraflow.benchmarks;

import org.jspecify.annotations.NullMarked;
