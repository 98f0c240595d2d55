package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SidecarTest {
  private static final Path FILE = Path.of("file");

  private final Sidecar sidecar =
      Sidecar.of(Samples.record("load \"5\"\n😀", "5"), Checksum.of("5".getBytes(UTF_8)));

  @Test
  void format1_isOneLineOfJson() throws IOException {
    Sidecar plain = Sidecar.of(Samples.record("load-5", "5"), Checksum.of("5".getBytes(UTF_8)));
    assertThat(new String(plain.encode(), UTF_8))
        .isEqualTo(
            "{\"format\":1,\"task\":\"load-5\",\"kind\":\"OUTPUT\",\"type\":\"java.lang.Integer\","
                + "\"codec\":\"json\",\"attempt\":1,\"startedAt\":\"2026-11-04T10:15:30.123456789Z\","
                + "\"finishedAt\":\"2026-11-04T10:15:30.124456790Z\",\"size\":1,\"crc32c\":\"576f0efc\","
                + "\"check\":\"f75c1830\"}\n");
  }

  @Test
  void decode_isTheInverseOfEncode() throws IOException {
    Sidecar extreme = new Sidecar(
        "x".repeat(10_000),
        TaskRecord.Kind.KEYS,
        null,
        "",
        Integer.MAX_VALUE,
        Instant.MIN,
        Instant.MAX,
        new Checksum(Long.MAX_VALUE, -1));
    for (Sidecar one : List.of(sidecar, extreme)) {
      assertThat(Sidecar.decode(one.encode(), FILE)).isEqualTo(one);
    }
  }

  @Test
  void decode_anyBitFlipped_isRefused() throws IOException {
    byte[] bytes = sidecar.encode();
    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> Sidecar.decode(flipped, FILE))
          .isInstanceOf(StreamCorruptedException.class);
    }
  }

  @Test
  void decode_cutAnywhere_isRefused() throws IOException {
    byte[] bytes = sidecar.encode();
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> Sidecar.decode(cut, FILE))
          .isInstanceOf(StreamCorruptedException.class);
    }
  }

  @Test
  void decode_soundCheckButNotASidecar_isRefused() {
    for (String head :
        List.of("", "{\"format\":1", "{\"format\":\"1\"", "[1", "{\"format\":1,\"task\":\"a\"")) {
      assertThatThrownBy(() -> Sidecar.decode(checked(head), FILE))
          .as(head)
          .isInstanceOf(StreamCorruptedException.class);
    }
  }

  @Test
  void decode_newerFormat_isRefusedNamingBoth() {
    assertThatThrownBy(() -> Sidecar.decode(checked("{\"format\":2,\"new\":[]"), FILE))
        .isInstanceOf(StoreException.class)
        .hasMessageContainingAll("file has format 2", "up to 1", "version");
  }

  private static byte[] checked(String head) {
    String crc = Checksum.of(head.getBytes(UTF_8)).hex();
    return (head + ",\"check\":\"" + crc + "\"}\n").getBytes(UTF_8);
  }
}
