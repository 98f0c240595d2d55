package dev.duraflow.store;

import java.util.Arrays;

/** Where a large payload lies: in the file beside the journal that is named after its hash. */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Beside(long size, byte[] sha256) {
  /** Reads what stands in a frame in place of the payload. */
  static Beside read(Bytes in, int end) {
    long size = in.getVarint();
    return new Beside(size, Arrays.copyOfRange(in.array, in.position, end));
  }
}
