package dev.duraflow.store;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.CRC32C;

/** By what bytes are known to be those that were written: their number and their CRC-32C (as in RFC 3720). */
record Checksum(long size, int crc32c) {
  private static final int CHUNK = 16 * 1024;

  static Checksum of(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return new Checksum(bytes.length, (int) crc.getValue());
  }

  /** Copies what is left of {@code in} and sums it up on the way. */
  static Checksum copy(InputStream in, OutputStream out) throws IOException {
    CRC32C crc = new CRC32C();
    byte[] chunk = new byte[CHUNK];
    long size = 0;
    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
      crc.update(chunk, 0, n);
      out.write(chunk, 0, n);
      size += n;
    }
    return new Checksum(size, (int) crc.getValue());
  }

  /** The CRC as files show it: eight lower-case hexadecimal digits. */
  String hex() {
    return String.format("%08x", crc32c);
  }

  @Override
  public String toString() {
    return size + (size == 1 ? " byte" : " bytes") + " with CRC-32C " + hex();
  }
}
