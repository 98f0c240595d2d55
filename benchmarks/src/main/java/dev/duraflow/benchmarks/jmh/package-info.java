/** JMH benchmarks of the paths that a run spends its time on. */
@NullMarked
package dev.duraflow.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
