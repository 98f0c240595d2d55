/**
 * Where the records of runs live: the store interface and the stores that come with the library.
 */
@NullMarked
package dev.duraflow.store;

import org.jspecify.annotations.NullMarked;
