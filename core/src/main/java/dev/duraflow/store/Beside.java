package dev.duraflow.store;

import java.util.Arrays;

/**
 * Where a large payload lies: in a file beside the journal.
 *
 * @param name the SHA-256 of the content in lower-case hexadecimal, which is also the file's name
 */
record Beside(long size, String name) {
  /** Reads what stands in a frame in place of the payload. */
  static Beside read(Bytes in, int end) {
    long size = in.getVarint();
    return new Beside(size, SideFiles.name(Arrays.copyOfRange(in.array, in.position, end)));
  }
}
