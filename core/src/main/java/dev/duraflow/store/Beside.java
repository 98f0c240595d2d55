package dev.duraflow.store;

/**
 * Where a large payload lies: in a file beside the journal.
 *
 * @param name the SHA-256 of the content in lower-case hexadecimal, which is also the file's name
 */
record Beside(long size, String name) {}
