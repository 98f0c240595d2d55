package dev.duraflow.store;

import static dev.duraflow.store.Samples.record;
import static dev.duraflow.store.Samples.store;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.CorruptRecordException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damages records in every way: each is found out, none is a miss, and nothing is written by finding it out. */
final class FileStoreCorruptionTest {
  private static final String OUTPUT = "{\"n\":57}";

  @TempDir
  Path temp;

  private OpenRun run;
  private Path payload;
  private Path sidecar;

  @BeforeEach
  void saveOne() {
    run = store(temp, new UnsyncedDisk()).open("nightly");
    run.save(record("a", OUTPUT));
    payload = temp.resolve("nightly/a");
    sidecar = temp.resolve("nightly/.records/a");
  }

  @AfterEach
  void close() {
    run.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", ".records/a"})
  void anyBitFlipped_isFoundOut(String name) throws IOException {
    Path file = temp.resolve("nightly").resolve(name);
    byte[] sound = Files.readAllBytes(file);
    for (int bit = 0; bit < sound.length * 8; bit++) {
      byte[] flipped = sound.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertFoundOut(file, flipped);
    }
    Files.write(file, sound);
    assertThat(Samples.text(run.find("a").orElseThrow())).isEqualTo(OUTPUT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", ".records/a"})
  void cutAnywhere_isFoundOut(String name) throws IOException {
    Path file = temp.resolve("nightly").resolve(name);
    byte[] sound = Files.readAllBytes(file);
    for (int length = 0; length < sound.length; length++) {
      assertFoundOut(file, Arrays.copyOf(sound, length));
    }
  }

  private void assertFoundOut(Path file, byte[] damaged) throws IOException {
    Files.write(file, damaged);
    assertThatThrownBy(() -> run.find("a").orElseThrow().payload().bytes())
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContainingAll("'a'", "'nightly'", payload.toString(), "delete");
    assertThatThrownBy(() -> open(run.find("a").orElseThrow().payload()))
        .isInstanceOf(CorruptRecordException.class);
    assertThat(file).hasBinaryContent(damaged);
  }

  @Test
  void anotherPayload_saysWhatWasExpectedAndFound() throws IOException {
    Files.writeString(payload, "{\"n\":58}");
    assertThatThrownBy(() -> run.find("a").orElseThrow().payload().bytes())
        .hasMessageContaining("stored were " + Checksum.of(OUTPUT.getBytes(UTF_8)))
        .hasMessageContaining("it has " + Checksum.of("{\"n\":58}".getBytes(UTF_8)));
  }

  @Test
  void sidecarOfAnotherTask_isFoundOut() throws IOException {
    run.save(record("b", OUTPUT));
    Files.copy(temp.resolve("nightly/.records/b"), sidecar, StandardCopyOption.REPLACE_EXISTING);
    assertDamaged("is that of task 'b'");
  }

  @Test
  void payloadGoneWhileOpen_isNotAMiss() throws IOException {
    Payload found = run.find("a").orElseThrow().payload();
    Files.delete(payload);
    assertDamaged("it is gone");
    assertThatThrownBy(found::bytes).isInstanceOf(CorruptRecordException.class);
    assertThatThrownBy(found::open).isInstanceOf(CorruptRecordException.class);
  }

  @Test
  void payloadThatIsADirectory_isNotAMiss() throws IOException {
    Files.delete(payload);
    Files.createDirectory(payload);
    assertDamaged("it is not a file");
  }

  @Test
  void sidecarGone_ofAnEscapedName_isFoundOut() throws IOException {
    run.save(record("a/b", "1"));
    Files.delete(temp.resolve("nightly/.records/a%2Fb"));
    assertThatThrownBy(() -> run.find("a/b")).isInstanceOf(CorruptRecordException.class);
  }

  @Test
  void damagedPayloadOfASaveThatWasCutOff_isFoundOut() throws IOException {
    run.close();
    Files.move(sidecar, temp.resolve("nightly/.records/a.next"));
    Files.writeString(payload, "{\"n\":58}");
    for (int opened = 0; opened < 2; opened++) {
      run = store(temp, new UnsyncedDisk()).open("nightly");
      assertDamaged("stored were");
      run.close();
    }
  }

  @Test
  void foreignFile_emptyOrCut_isFoundOut() throws IOException {
    byte[] sound = "{\"a\":[1,\"x\"]}".getBytes(UTF_8);
    run.close();
    for (int length = 0; length < sound.length; length++) {
      Files.write(temp.resolve("nightly/foreign"), Arrays.copyOf(sound, length));
      run = store(temp, new UnsyncedDisk()).open("nightly");
      assertThatThrownBy(() -> open(run.find("foreign").orElseThrow().payload()))
          .isInstanceOf(CorruptRecordException.class)
          .hasMessageContainingAll(
              "'foreign'", temp.resolve("nightly/foreign").toString(), "delete");
      run.close();
    }
  }

  @Test
  void damagedRecord_replacedByASave_isSoundAgain() throws IOException {
    Files.writeString(payload, "");
    Files.writeString(sidecar, "garbage");
    assertDamaged("sidecar");
    run.save(record("a", "1"));
    assertThat(Samples.text(run.find("a").orElseThrow())).isEqualTo("1");
  }

  private void assertDamaged(String how) {
    assertThatThrownBy(() -> run.find("a").orElseThrow().payload().bytes())
        .isInstanceOf(CorruptRecordException.class)
        .hasMessageContaining(how);
  }

  private static void open(Payload payload) throws IOException {
    try (InputStream in = payload.open()) {
      in.read();
    }
  }
}
