package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BytesTest {
  private static String hex(Bytes bytes) {
    return HexFormat.of().formatHex(bytes.array, 0, bytes.position);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "1, 01",
    "127, 7f",
    "128, 8001",
    "300, ac02",
    "16383, ff7f",
    "16384, 808001",
    "4294967295, ffffffff0f",
    "9223372036854775807, ffffffffffffffff7f",
    "-1, ffffffffffffffffff01",
  })
  void varint_isAsInProtocolBuffers(long value, String expected) {
    Bytes bytes = new Bytes(10);
    bytes.putVarint(value);
    assertThat(hex(bytes)).isEqualTo(expected);
    assertThat(Bytes.sizeOfVarint(value)).isEqualTo(expected.length() / 2);
    bytes.position = 0;
    assertThat(bytes.getVarint()).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "-1, 01",
    "1, 02",
    "-64, 7f",
    "64, 8001",
    "9223372036854775807, feffffffffffffffff01",
    "-9223372036854775808, ffffffffffffffffff01",
  })
  void signed_isZigzagged(long value, String expected) {
    Bytes bytes = new Bytes(10);
    bytes.putSigned(value);
    assertThat(hex(bytes)).isEqualTo(expected);
    assertThat(Bytes.sizeOfSigned(value)).isEqualTo(expected.length() / 2);
    bytes.position = 0;
    assertThat(bytes.getSigned()).isEqualTo(value);
  }

  @Test
  void numbers_comeBack() {
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      long value = random.nextLong() >> random.nextInt(64);
      Bytes bytes = new Bytes(40);
      bytes.putVarint(value);
      assertThat(bytes.position).isEqualTo(Bytes.sizeOfVarint(value));
      bytes.putSigned(value);
      bytes.putLong(value);
      bytes.putInt((int) value);
      bytes.putByte((int) value);
      int end = bytes.position;
      bytes.position = 0;
      assertThat(bytes.getVarint()).isEqualTo(value);
      assertThat(bytes.getSigned()).isEqualTo(value);
      assertThat(bytes.getLong()).isEqualTo(value);
      assertThat(bytes.getInt()).isEqualTo((int) value);
      assertThat(bytes.getByte()).isEqualTo((int) value & 0xff);
      assertThat(bytes.position).isEqualTo(end);
    }
  }

  @Test
  void fixedWidth_isLittleEndian() {
    Bytes bytes = new Bytes(12);
    bytes.putInt(0x01020304);
    bytes.putLong(0x0102030405060708L);
    assertThat(hex(bytes)).isEqualTo("040302010807060504030201");
  }

  @Test
  void varint_ofMoreThanTenBytes_isRefused() {
    byte[] endless = new byte[20];
    Arrays.fill(endless, (byte) 0x80);
    assertThatThrownBy(() -> new Bytes(endless, 0).getVarint())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void reserve_keepsWhatIsThere() {
    Bytes bytes = new Bytes(0);
    for (int i = 0; i < 1_000; i++) {
      bytes.reserve(1);
      bytes.putByte(i);
    }
    bytes.reserve(1 << 20);
    assertThat(bytes.array.length).isGreaterThanOrEqualTo(1_000 + (1 << 20));
    bytes.position = 999;
    assertThat(bytes.getByte()).isEqualTo(999 & 0xff);
  }

  /** The check value of CRC-32C in the catalogue of parametrised CRC algorithms. */
  @Test
  void crc32c_hasTheKnownCheckValue() {
    Bytes bytes = new Bytes("x123456789y".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0);
    assertThat(bytes.crc32c(1, 10)).isEqualTo(0xe3069283);
  }
}
