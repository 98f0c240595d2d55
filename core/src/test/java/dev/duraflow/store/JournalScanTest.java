package dev.duraflow.store;

import static dev.duraflow.store.Journals.HEADER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.Frames.Header;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalScanTest {
  private static final int FROM = 7;

  @TempDir
  Path directory;

  private MemoryFile file;

  @BeforeEach
  void createFile() throws IOException {
    file = new MemoryFile(Files.createFile(directory.resolve("any")), new byte[FROM]);
  }

  private static byte[] frame(Header header, long position, byte... body) {
    Bytes out = new Bytes(Frames.MAX_OVERHEAD + body.length);
    out.putVarint(body.length);
    int crcAt = out.position;
    out.position += Integer.BYTES;
    out.putBytes(body);
    int end = out.position;
    int crc = out.crc32c(end - body.length, end) ^ header.mix(position);
    out.position = crcAt;
    out.putInt(crc);
    return Arrays.copyOf(out.array, end);
  }

  private void append(byte... body) throws IOException {
    append0(frame(HEADER, file.size(), body));
  }

  private void append0(byte[] bytes) {
    file.write(file.size(), bytes, 0, bytes.length);
  }

  private static byte[] mark(int number) {
    Bytes body = new Bytes(10);
    body.putByte(Frames.MARK);
    body.putLong(HEADER.salt());
    body.putVarint(number);
    return body.array;
  }

  private JournalScan scan() {
    return new JournalScan(file, HEADER, FROM);
  }

  @Test
  void next_framesOfAllSizes_areReadInOrder() throws IOException {
    Random random = new Random(1);
    int[] sizes = {1, 2, 127, 128, 16_383, 16_384, (1 << 20) - 9, 1 << 20, (1 << 20) + 1, 3 << 20, 5
    };
    for (int size : sizes) {
      byte[] body = new byte[size];
      random.nextBytes(body);
      append(body);
    }
    JournalScan scan = scan();
    random = new Random(1);
    long position = FROM;
    for (int size : sizes) {
      assertThat(scan.position()).isEqualTo(position);
      assertThat(scan.next(Long.MAX_VALUE)).as("%d bytes", size).isTrue();
      assertThat(scan.frameStart()).isEqualTo(position);
      byte[] body = new byte[size];
      random.nextBytes(body);
      Bytes read = scan.body();
      assertThat(Arrays.copyOfRange(read.array, read.position, scan.bodyEnd())).isEqualTo(body);
      position += Frames.sizeOf(size);
    }
    assertThat(scan.next(Long.MAX_VALUE)).isFalse();
    assertThat(scan.position()).isEqualTo(file.size());
  }

  @Test
  void next_ofAFileCutAnywhere_stopsBeforeTheFrameThatIsCut() throws IOException {
    append(new byte[200]);
    long first = file.size();
    append(new byte[200]);
    byte[] whole = file.content();
    for (int size = FROM; size < whole.length; size++) {
      file.truncate(FROM);
      file.write(FROM, whole, FROM, size - FROM);
      JournalScan scan = scan();
      int frames = 0;
      while (scan.next(Long.MAX_VALUE)) {
        frames++;
      }
      assertThat(frames).isEqualTo(size < first ? 0 : 1);
      assertThat(scan.position()).isEqualTo(size < first ? FROM : first);
    }
  }

  @Test
  void next_beyondTheLimit_waitsForIt() throws IOException {
    append(new byte[50]);
    long first = file.size();
    append(new byte[50]);
    JournalScan scan = scan();
    assertThat(scan.next(first - 1)).isFalse();
    assertThat(scan.next(first)).isTrue();
    assertThat(scan.next(first)).isFalse();
    assertThat(scan.next(file.size() - 1)).isFalse();
    assertThat(scan.next(file.size())).isTrue();
  }

  /** What lay behind the end was kept in memory, and taken for the end when something had come there. */
  @Test
  void next_afterTheEndWasSeenOnce_seesWhatCameThere() throws IOException {
    append(new byte[50]);
    long end = file.size();
    append0(new byte[10_000]);
    JournalScan scan = scan();
    assertThat(scan.next(Long.MAX_VALUE)).isTrue();
    assertThat(scan.next(Long.MAX_VALUE)).isFalse();
    byte[] frame = frame(HEADER, end, (byte) 1);
    file.write(end, frame, 0, frame.length);
    assertThat(scan.next(Long.MAX_VALUE)).isTrue();
  }

  @Test
  void next_frameOfAnotherPlaceOrFile_isNone() throws IOException {
    append0(frame(HEADER, FROM + 1, (byte) 1));
    assertThat(scan().next(Long.MAX_VALUE)).isFalse();
    file.truncate(FROM);
    append0(frame(new Header("run", HEADER.salt() + 1, HEADER.created()), FROM, (byte) 1));
    assertThat(scan().next(Long.MAX_VALUE)).isFalse();
  }

  @Test
  void next_hugeLengths_takeNoMemory() throws IOException {
    for (String length :
        new String[] {"ffffffff7f", "ffffffff07", "8080808008", "ffffffffff", "ffff7f"}) {
      file.truncate(FROM);
      append0(java.util.HexFormat.of().parseHex(length));
      append0(new byte[100]);
      assertThat(scan().next(Long.MAX_VALUE)).as(length).isFalse();
    }
  }

  @Test
  void findMark_behindDamage_findsTheFirst() throws IOException {
    append(mark(0));
    append(new byte[100]);
    long damaged = file.size();
    append0(
        new byte
            [(1 << 20)
                - 12]); // so that the next mark lies across the pieces in which it is looked for
    for (int shift = 0; shift < 40; shift++) {
      long mark = file.size();
      append(mark(1));
      append(mark(2));
      assertThat(JournalScan.findMark(file, HEADER, damaged)).isEqualTo(mark);
      assertThat(JournalScan.findMark(file, HEADER, mark)).isEqualTo(mark);
      assertThat(JournalScan.findMark(file, HEADER, file.size())).isEqualTo(-1);
      file.truncate(mark);
      append0(new byte[1]);
    }
  }

  /** A journal in a payload is full of marks, and each of them was looked at with a megabyte of its own. */
  @Test
  void findMark_amongCopiesOfMarks_findsNone() throws IOException {
    byte[] mark = frame(HEADER, 1_000_000_000, mark(1));
    for (int i = 0; i < 100_000; i++) {
      append0(mark);
    }
    assertThat(JournalScan.findMark(file, HEADER, FROM)).isEqualTo(-1);
  }
}
