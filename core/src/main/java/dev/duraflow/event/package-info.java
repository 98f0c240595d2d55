/**
 * What happens while a DAG runs, as values.
 */
@NullMarked
package dev.duraflow.event;

import org.jspecify.annotations.NullMarked;
