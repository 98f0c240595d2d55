package dev.duraflow.benchmarks;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * Counts the syncs that a journal was written with: each batch begins with a mark, and is synced once. A mark at the end is that of
 * a batch that never came.
 */
final class JournalSyncs {
  private static final byte[] MAGIC = "duraflow".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int SALT_AND_CREATED = 8 + 8 + 4;
  private static final int CRC = 4;
  private static final int MARK = 1;

  private JournalSyncs() {}

  /** Reads the one journal below a directory. */
  static int below(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      Path journal = files
          .filter(file -> file.endsWith("journal"))
          .findFirst()
          .orElseThrow(() -> new IOException("no journal below " + directory));
      return in(ByteBuffer.wrap(Files.readAllBytes(journal)).order(ByteOrder.LITTLE_ENDIAN));
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new IOException("the journal below " + directory + " ends in the middle", e);
    }
  }

  private static int in(ByteBuffer journal) throws IOException {
    byte[] magic = new byte[MAGIC.length];
    journal.get(magic);
    short version = journal.getShort();
    if (!Arrays.equals(magic, MAGIC) || version != VERSION) {
      throw new IOException("not a journal of version " + VERSION);
    }
    skip(journal, SALT_AND_CREATED);
    skip(journal, number(journal) + CRC); // the run id
    int marks = 0;
    boolean endsWithMark = false;
    while (journal.hasRemaining()) {
      int length = number(journal);
      if (length == 0) {
        break;
      }
      skip(journal, CRC);
      endsWithMark = journal.get(journal.position()) == MARK;
      if (endsWithMark) {
        marks++;
      }
      skip(journal, length);
    }
    return endsWithMark ? marks - 1 : marks;
  }

  private static void skip(ByteBuffer journal, int bytes) {
    journal.position(journal.position() + bytes);
  }

  /** Seven bits a byte, low ones first. */
  private static int number(ByteBuffer journal) {
    int number = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = journal.get();
      number |= (next & 0x7f) << shift;
      if (next >= 0) {
        return number;
      }
    }
  }
}
