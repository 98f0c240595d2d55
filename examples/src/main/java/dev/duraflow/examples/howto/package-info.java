/** Short programs, each for one thing that duraflow does; started by {@code ./duraflow example NAME}. */
@NullMarked
package dev.duraflow.examples.howto;

import org.jspecify.annotations.NullMarked;
