package dev.duraflow.store;

import dev.duraflow.store.Frames.Decoded;
import dev.duraflow.store.Frames.Header;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a journal one after the other. It stops before the first that is not whole: the end of the journal, the
 * torn tail of a write that was never acknowledged, or damage; {@link #findMark} tells the last from the others. Memory is
 * taken in proportion to what the file holds, never to what it claims. Not thread-safe.
 */
final class JournalScan {
  private static final int CHUNK = 1 << 20;

  /** What stands before a mark's body: its length takes one byte. */
  private static final int MARK_HEAD = 1 + Integer.BYTES;

  private final DiskFile file;
  private final Header header;
  /** A stretch of the file; its position is that of the next frame. */
  private Bytes window = new Bytes(new byte[0], 0);

  private long windowStart;
  private int windowEnd;

  private long frameStart;
  private int bodyStart;
  private int bodyEnd;

  JournalScan(DiskFile file, Header header, long from) {
    this.file = file;
    this.header = header;
    this.windowStart = from;
  }

  /** Where the frame that was read last begins. */
  long frameStart() {
    return frameStart;
  }

  /** Where the next frame begins. */
  long position() {
    return windowStart + window.position;
  }

  /** The body of the frame that was read last, from its beginning; valid until the next is read. */
  Bytes body() {
    return new Bytes(window.array, bodyStart);
  }

  /** Where that body ends in its array. */
  int bodyEnd() {
    return bodyEnd;
  }

  /**
   * Looks for a mark behind {@code from}: it says that what lies there was durable once. Answers its position, or -1.
   */
  static long findMark(DiskFile file, Header header, long from) throws IOException {
    byte[] pattern = new byte[1 + Long.BYTES];
    Bytes writer = new Bytes(pattern, 0);
    writer.putByte(Frames.MARK);
    writer.putLong(header.salt());
    byte[] chunk = new byte[(int) Math.max(Frames.MAX_MARK, Math.min(CHUNK, file.size() - from))];
    long at = from;
    while (true) {
      int read = file.read(at, chunk, 0, chunk.length);
      for (int i = MARK_HEAD; i + pattern.length <= read; i++) {
        if (chunk[i] == pattern[0]
            && Arrays.equals(chunk, i, i + pattern.length, pattern, 0, pattern.length)
            && isMark(header, chunk, i - MARK_HEAD, read, at + i - MARK_HEAD)) {
          return at + i - MARK_HEAD;
        }
      }
      if (read < chunk.length) {
        return -1;
      }
      at += read - Frames.MAX_MARK + 1;
    }
  }

  private static boolean isMark(Header header, byte[] chunk, int start, int end, long position) {
    int length = chunk[start];
    int body = start + MARK_HEAD;
    Bytes in = new Bytes(chunk, start + 1);
    return length > 0
        && body + length <= end
        && in.getInt() == (in.crc32c(body, body + length) ^ header.mix(position));
  }

  /** Makes up for a header that is damaged, by the first mark; null if there is none. */
  static @Nullable Decoded lostHeader(DiskFile file, String runId) throws IOException {
    byte[] chunk = new byte[CHUNK];
    int read = file.read(0, chunk, 0, chunk.length);
    for (int i = 0; i + Frames.MAX_MARK <= read; i++) {
      if (chunk[i + 1 + Integer.BYTES] == Frames.MARK) {
        long salt = new Bytes(chunk, i + 2 + Integer.BYTES).getLong();
        JournalScan scan = new JournalScan(file, new Header(runId, salt, Instant.EPOCH), i);
        if (chunk[i] <= Frames.MAX_MARK && scan.next(i + Frames.MAX_MARK)) {
          return Header.remains(file, runId, salt);
        }
      }
    }
    return null;
  }

  /** Reads the next whole frame that ends before {@code limit}; false if there is none, or none yet. */
  boolean next(long limit) throws IOException {
    if (nextWhole(limit)) {
      return true;
    }
    windowEnd = window.position; // what is there may be overwritten before somebody looks again
    return false;
  }

  private boolean nextWhole(long limit) throws IOException {
    long start = position();
    int available = have(Frames.MAX_OVERHEAD, limit);
    int at = window.position;
    long length = 0;
    int lengthBytes = 0;
    while (lengthBytes < 5) {
      if (lengthBytes >= available) {
        return false;
      }
      byte b = window.array[at + lengthBytes];
      length |= (b & 0x7fL) << (7 * lengthBytes);
      lengthBytes++;
      if (b >= 0) {
        break;
      }
    }
    int overhead = lengthBytes + Integer.BYTES;
    long size = overhead + length;
    if (length == 0 || size > Integer.MAX_VALUE - 64) {
      return false;
    }
    if (size > available
        && (start + size > Math.min(limit, file.size()) || have((int) size, limit) < size)) {
      return false;
    }
    at = window.position;
    int crcAt = at + lengthBytes;
    int expected = new Bytes(window.array, crcAt).getInt();
    int found = window.crc32c(at + overhead, at + (int) size) ^ header.mix(start);
    if (expected != found) {
      return false;
    }
    frameStart = start;
    bodyStart = at + overhead;
    bodyEnd = at + (int) size;
    window.position = bodyEnd;
    return true;
  }

  /** Sees to it that the window holds that many bytes from its position on, if the file does; answers how many it holds. */
  private int have(int count, long limit) throws IOException {
    int held = windowEnd - window.position;
    if (held >= count) {
      return held;
    }
    long from = position();
    int wanted =
        (int) Math.max(0, Math.min(Math.max(count, CHUNK), Math.min(limit, file.size()) - from));
    byte[] array = wanted <= window.array.length ? window.array : new byte[wanted];
    System.arraycopy(window.array, window.position, array, 0, held);
    windowEnd = held;
    if (wanted > held) {
      windowEnd += file.read(from + held, array, held, wanted - held);
    }
    window = new Bytes(array, 0);
    windowStart = from;
    return windowEnd;
  }
}
