/** How late flights are, by the airport they leave from: a DAG over real data, from two files to one page. */
@NullMarked
package dev.duraflow.examples.flights;

import org.jspecify.annotations.NullMarked;
