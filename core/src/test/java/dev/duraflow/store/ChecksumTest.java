package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class ChecksumTest {
  @Test
  void of_theUsualTestVector_isTheKnownSum() {
    Checksum sum = Checksum.of("123456789".getBytes(UTF_8));
    assertThat(sum).hasToString("9 bytes with CRC-32C e3069283");
  }

  @Test
  void copy_moreThanAChunk_copiesAllAndSumsLikeOf() throws IOException {
    byte[] bytes = new byte[100_000];
    bytes[99_999] = 1;
    ByteArrayOutputStream copy = new ByteArrayOutputStream();
    assertThat(Checksum.copy(new ByteArrayInputStream(bytes), copy)).isEqualTo(Checksum.of(bytes));
    assertThat(copy.toByteArray()).isEqualTo(bytes);
  }
}
