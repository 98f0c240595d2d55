package dev.duraflow.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * A growing buffer for frames, and a cursor over one that was read. Numbers are unsigned LEB128, seven bits a byte, low ones
 * first; numbers that may be negative are zigzagged before (both as in Protocol Buffers). Not thread-safe.
 */
final class Bytes {
  byte[] array;
  int position;

  Bytes(int capacity) {
    this.array = new byte[capacity];
  }

  Bytes(byte[] array, int position) {
    this.array = array;
    this.position = position;
  }

  /** Makes room for that many more bytes. */
  void reserve(int more) {
    if (array.length - position < more) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, position + more));
    }
  }

  void putByte(int value) {
    array[position++] = (byte) value;
  }

  void putInt(int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      array[position++] = (byte) (value >>> shift);
    }
  }

  void putLong(long value) {
    for (int shift = 0; shift < 64; shift += 8) {
      array[position++] = (byte) (value >>> shift);
    }
  }

  void putVarint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      array[position++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    array[position++] = (byte) rest;
  }

  void putSigned(long value) {
    putVarint(zigzag(value));
  }

  void putBytes(byte[] bytes) {
    System.arraycopy(bytes, 0, array, position, bytes.length);
    position += bytes.length;
  }

  int getByte() {
    return array[position++] & 0xff;
  }

  int getInt() {
    int value = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      value |= (array[position++] & 0xff) << shift;
    }
    return value;
  }

  long getLong() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 8) {
      value |= (array[position++] & 0xffL) << shift;
    }
    return value;
  }

  long getVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte b = array[position++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number has more than ten bytes");
  }

  long getSigned() {
    long value = getVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  String getString(int length) {
    String string = new String(array, position, length, StandardCharsets.UTF_8);
    position += length;
    return string;
  }

  int crc32c(int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(array, from, to - from);
    return (int) crc.getValue();
  }

  static long zigzag(long value) {
    return (value << 1) ^ (value >> 63);
  }

  static int sizeOfVarint(long value) {
    return (Long.SIZE - Long.numberOfLeadingZeros(value | 1) + 6) / 7;
  }

  static int sizeOfSigned(long value) {
    return sizeOfVarint(zigzag(value));
  }
}
