/**
 * The engine: compiles a DAG into arrays, decides what runs, and runs it. Not exported.
 */
@NullMarked
package dev.duraflow.engine;

import org.jspecify.annotations.NullMarked;
