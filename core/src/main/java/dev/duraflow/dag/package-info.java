/**
 * What is declared: DAGs, tasks, their bodies and types.
 */
@NullMarked
package dev.duraflow.dag;

import org.jspecify.annotations.NullMarked;
