package dev.duraflow.store;

import dev.duraflow.store.Frames.Header;
import java.io.IOException;

/**
 * Walks over all whole frames of a journal, also over those behind damage. A checksum depends on the file and on the place in
 * it; so a frame is found again byte by byte, and what is found is one. A stretch in which none begins is left by the length
 * that its first frame claims, or for the next mark.
 */
final class JournalSurvey {
  /** How far is looked byte by byte before anything else is tried, and the largest frame that is looked for so. */
  private static final int STRETCH = 64 << 10;

  private final DiskFile file;
  private final Header header;
  private final Visitor visitor;
  private JournalScan scan;

  /** Is shown what there is, in order. */
  interface Visitor {
    /**
     * A whole frame.
     *
     * @param body stands behind the type
     */
    void frame(int type, Bytes body, int bodyEnd, long frameStart) throws IOException;

    /** Between whole frames something stands that is none. */
    void gap(long from, long to) throws IOException;
  }

  private JournalSurvey(JournalReader journal, Visitor visitor) {
    this.file = journal.file();
    this.header = journal.header();
    this.visitor = visitor;
    this.scan = new JournalScan(file, header, journal.firstFrame());
  }

  /** Behind the last whole frame may follow a torn end, which is not shown. */
  static void walk(JournalReader journal, Visitor visitor) throws IOException {
    new JournalSurvey(journal, visitor).walk();
  }

  private void walk() throws IOException {
    long limit = file.size();
    while (true) {
      if (scan.next(limit)) {
        show();
        continue;
      }
      long gap = scan.position();
      long next = nextFrame(gap, limit);
      if (next < 0 || next >= limit) {
        return;
      }
      // Once more, since it may have been on its way when it was read.
      if (scan.next(Math.max(limit, next + Frames.MAX_MARK))) {
        show();
      } else {
        visitor.gap(gap, next);
        scan = new JournalScan(file, header, next);
      }
    }
  }

  private void show() throws IOException {
    Bytes body = scan.body();
    visitor.frame(body.getByte(), body, scan.bodyEnd(), scan.frameStart());
  }

  /** Where the next whole frame behind a position begins; -1 if there is none. */
  private long nextFrame(long gap, long limit) throws IOException {
    long near = search(gap + 1, Math.min(limit, gap + STRETCH));
    if (near >= 0) {
      return near;
    }
    long claimed = claimedEnd(gap);
    if (claimed < limit && isWhole(claimed, limit)) {
      return claimed;
    }
    long mark = JournalScan.findMark(file, header, gap);
    return mark >= 0 ? mark : search(gap + STRETCH, limit);
  }

  /** Looks for the beginning of a frame of no more than {@link #STRETCH} bytes. */
  private long search(long from, long to) throws IOException {
    Bytes window = new Bytes(2 * STRETCH);
    for (long at = from; at < to; at += STRETCH) {
      int read = file.read(at, window.array, 0, window.array.length);
      int starts = (int) Math.min(Math.min(STRETCH, read), to - at);
      for (int i = 0; i < starts; i++) {
        if (window.array[i] != 0 && isWhole(window, i, read, at + i)) {
          return at + i;
        }
      }
    }
    return -1;
  }

  private boolean isWhole(Bytes window, int start, int end, long position) {
    byte[] array = window.array;
    int at = start;
    int length = 0;
    for (int shift = 0; shift <= 14 && at < end; shift += 7) {
      byte b = array[at++];
      length |= (b & 0x7f) << shift;
      if (b >= 0) {
        int body = at + Integer.BYTES;
        // The type, looked at first, spares the checksums of almost all places.
        if (length == 0
            || body + length > end
            || array[body] < Frames.MARK
            || array[body] > Frames.ENDED) {
          return false;
        }
        window.position = at;
        return window.getInt() == (window.crc32c(body, body + length) ^ header.mix(position));
      }
    }
    return false;
  }

  private boolean isWhole(long position, long limit) throws IOException {
    return new JournalScan(file, header, position).next(limit);
  }

  private long claimedEnd(long start) throws IOException {
    Bytes length = new Bytes(new byte[10], 0);
    file.read(start, length.array, 0, 5);
    return start + Frames.sizeOf((int) length.getVarint());
  }
}
