package dev.duraflow.store;

import static dev.duraflow.store.Journals.HEADER;
import static dev.duraflow.store.Journals.STARTED;
import static dev.duraflow.store.Journals.appendNow;
import static dev.duraflow.store.Journals.record;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.Frames.Decoded;
import dev.duraflow.store.Frames.Header;
import dev.duraflow.store.Frames.Shape;
import dev.duraflow.store.Frames.Shapes;
import dev.duraflow.store.TaskRecord.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The format to the byte: what is here must be readable for ever. */
final class FramesTest {
  @TempDir
  Path directory;

  private Path any;

  @BeforeEach
  void createFile() throws IOException {
    any = Files.createFile(directory.resolve("any"));
  }

  private MemoryFile file(String hex) throws IOException {
    return new MemoryFile(any, HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  private static final String HEADER_BYTES = "6475 7261 666c 6f77" // duraflow
      + "0100" // version
      + "efcdab8967452301" // salt
      + "c205eb6a00000000 15cd5b07" // created
      + "03 72756e" // run
      + "4fc5a72a";

  @Test
  void header_isAsDrawn() throws IOException {
    assertThat(HexFormat.of().formatHex(HEADER.encoded())).isEqualTo(HEADER_BYTES.replace(" ", ""));
    assertThat(Header.read(file(HEADER_BYTES)))
        .isEqualTo(new Decoded(HEADER, 1, HEADER.encoded().length));
  }

  @Test
  void header_cutAnywhere_isNone() throws IOException {
    byte[] whole = HEADER.encoded();
    for (int length = 0; length < whole.length; length++) {
      assertThat(Header.read(new MemoryFile(any, Arrays.copyOf(whole, length)))).isNull();
    }
  }

  @Test
  void header_ofAnyId_comesBack() throws IOException {
    for (String id : new String[] {"", "ä€😀", "x".repeat(10_000), "€".repeat(10_000)}) {
      Header header = new Header(id, -1, Instant.parse("1950-01-01T00:00:00.999999999Z"));
      assertThat(Header.read(new MemoryFile(any, header.encoded())))
          .isEqualTo(new Decoded(header, 1, header.encoded().length));
    }
  }

  @Test
  void frames_areAsDrawn() throws IOException {
    byte[] header = HEADER.encoded();
    MemoryFile file = new MemoryFile(any, header);
    JournalWriter writer = new JournalWriter(
        "run", file, HEADER, new Shapes(), header.length, false, Durability.STRICT);
    appendNow(writer, record("a", "1"), null, new byte[] {'1'});
    appendNow(
        writer,
        new TaskRecord(
            "bé",
            Kind.KEYS,
            null,
            "json",
            300,
            STARTED.minusNanos(1),
            STARTED,
            Payload.of(new byte[0])),
        new Beside(1 << 20, "aa".repeat(32)),
        new byte[0]);
    writer.close();
    byte[] written = file.content();
    assertThat(HexFormat.of().formatHex(written, header.length, written.length))
        .isEqualTo(
            (""
                    + "0a 73c77727 01 efcdab8967452301 00" // the mark of batch 0
                    + "19 143942de 02 00 00 01 04 6a736f6e 6a6176612e6c616e672e537472696e67" // output, 1, json, java.lang.String
                    + "0a 72589c35 03 00 00 80ade204 01 61 31" // at created, 5 ms, a, "1"
                    + "0a 8195150e 01 efcdab8967452301 01" // the mark of batch 1
                    + "0a abd5f240 02 01 01 ac02 04 6a736f6e" // keys, 300, json, no type
                    + "2b e976829c 04 01 01 02 03 62c3a9 808040" // one nanosecond before, for one,
                    // bé, 1 MiB
                    + "aa".repeat(32)
                    + "0a 2ebbd837 01 efcdab8967452301 02") // the mark of whatever comes next
                .replace(" ", ""));
  }

  @Test
  void mix_differsBetweenPositionsAndFiles() {
    long different = java.util.stream.LongStream.range(0, 100_000)
        .flatMap(position -> java.util.stream.LongStream.of(
            HEADER.mix(position), new Header("run", ~HEADER.salt(), STARTED).mix(position)))
        .distinct()
        .count();
    assertThat(different).isGreaterThan(199_900);
  }

  @Test
  void shapes_areNumberedAsTheyCome() {
    Shapes shapes = new Shapes();
    Shape one = new Shape(Kind.OUTPUT, 1, "json", null);
    Shape two = new Shape(Kind.OUTPUT, 1, "json", "a.Type");
    shapes.add(one);
    Shapes copy = shapes.copy();
    shapes.add(two);
    assertThat(shapes.number(one)).isEqualTo(0);
    assertThat(shapes.number(two)).isEqualTo(1);
    assertThat(shapes.get(1)).isEqualTo(two);
    assertThat(copy.size()).isEqualTo(1);
    assertThat(copy.number(two)).isNull();
  }

  @Test
  void shape_ofAnything_comesBack() {
    for (Shape shape : new Shape[] {
      new Shape(Kind.OUTPUT, 0, "", null),
      new Shape(Kind.KEYS, -1, "jsön", "a.Type<€>"),
      new Shape(Kind.OUTPUT, Integer.MAX_VALUE, "x", "y")
    }) {
      byte[] encoded = shape.encoded(100);
      assertThat(encoded).startsWith(2, 100);
      assertThat(Shape.read(new Bytes(encoded, 2), encoded.length)).isEqualTo(shape);
    }
  }
}
