package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileNamesTest {
  @ParameterizedTest
  @CsvSource({
    "load-5, load-5",
    "sum_1_2, sum_1_2",
    "a/b, a%2Fb",
    "delay[ORD], delay%5BORD%5D",
    "., %2E",
    ".., %2E%2E",
    "100%, 100%25",
    "~, %7E",
    "né, n%C3%A9",
    "😀, %F0%9F%98%80",
    "nul, %6Eul",
    "COM1, %43OM1",
    "console, console",
    "'a. ', a%2E%20"
  })
  void plain_escapesAllButLettersDigitsUnderscoreAndHyphen(String id, String name) {
    assertThat(FileNames.plain(id)).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({"Load, %4C%6F%61%64", "load, %6C%6F%61%64", "a-1, %61-1", "5, 5"})
  void distinct_escapesLettersToo(String id, String name) {
    assertThat(FileNames.distinct(id)).isEqualTo(name);
  }

  @Test
  void plain_longId_isItsBeginningAndItsHash() {
    String name = FileNames.plain("x".repeat(10_000));
    assertThat(name).matches("x{100}~[0-9a-f]{64}");
    assertThat(FileNames.plain("x".repeat(10_001))).isNotEqualTo(name);
    assertThat(FileNames.plain("x".repeat(FileNames.MAX_LENGTH))).doesNotContain("~");
    assertThat(FileNames.plain("")).matches("~[0-9a-f]{64}");
  }

  @Test
  void plain_unpairedSurrogate_isRefused() {
    assertThatThrownBy(() -> FileNames.plain("a\ud800b"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("surrogate");
  }

  @Test
  void names_ofRandomIds_areReversibleAndFitForEveryDisk() {
    long seed = new Random().nextLong();
    System.out.println("FileNamesTest seed " + seed);
    Random random = new Random(seed);
    Map<String, String> distinct = new HashMap<>();
    for (int i = 0; i < 5_000; i++) {
      String id = randomId(random);
      for (String name : new String[] {FileNames.plain(id), FileNames.distinct(id)}) {
        assertThat(FileNames.isName(name)).as("seed %d: %s", seed, name).isTrue();
        assertThat(name).hasSizeLessThan(255).doesNotMatch("(?i)con|prn|aux|nul|com.|lpt.");
        if (!name.contains("~")) {
          assertThat(unescaped(name)).as("seed %d", seed).isEqualTo(id);
        }
      }
      String other = distinct.put(FileNames.folded(FileNames.distinct(id)), id);
      assertThat(other).as("seed %d", seed).isIn(null, id);
    }
  }

  private static String randomId(Random random) {
    String[] parts = {
      "a", "A", "con", "Com1", "%", "~", "/", ".", " ", "é", "É", "😀", "\u0000", "_", "7", "%41",
      "\\"
    };
    StringBuilder id = new StringBuilder();
    for (int n = 1 + random.nextInt(random.nextInt(20) == 0 ? 200 : 4); n > 0; n--) {
      id.append(parts[random.nextInt(parts.length)]);
    }
    return id.toString();
  }

  private static String unescaped(String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) == '%') {
        bytes.write(Integer.parseInt(name.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        bytes.write(name.charAt(i));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
