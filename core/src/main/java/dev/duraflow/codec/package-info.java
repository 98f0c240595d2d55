/**
 * How outputs become bytes and come back.
 */
@NullMarked
package dev.duraflow.codec;

import org.jspecify.annotations.NullMarked;
