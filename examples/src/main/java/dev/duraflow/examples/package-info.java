/** Programs that show duraflow at work. */
@NullMarked
package dev.duraflow.examples;

import org.jspecify.annotations.NullMarked;
