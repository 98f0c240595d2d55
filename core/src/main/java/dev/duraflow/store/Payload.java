package dev.duraflow.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The encoded output of a record, read when it is asked for. Immutable and thread-safe. */
public interface Payload {
  /** Bytes in memory; the array is not copied and must not be changed. */
  static Payload of(byte[] bytes) {
    return new Payload() {
      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public InputStream open() {
        return new ByteArrayInputStream(bytes);
      }

      @Override
      public byte[] bytes() {
        return bytes;
      }
    };
  }

  /** In bytes. */
  long size();

  /**
   * The bytes from the beginning.
   *
   * @throws IOException if they cannot be read
   * @throws dev.duraflow.error.CorruptRecordException if they are not the bytes that were saved
   */
  InputStream open() throws IOException;

  /** All bytes at once. */
  default byte[] bytes() throws IOException {
    try (InputStream in = open()) {
      return in.readAllBytes();
    }
  }
}
