package dev.duraflow.store;

import dev.duraflow.dag.Dag;
import dev.duraflow.store.TaskRecord.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The format of a journal: a header and then frames, one after the other, up to the first frame of length zero.
 *
 * <pre>
 * header   "duraflow" | version u16 | salt u64 | created: seconds i64, nanos u32 | run id: length, UTF-8 | CRC-32C u32
 *
 * frame    length of body, a number of 1 to 5 bytes
 *          CRC-32C of the body, u32, mixed with the salt and the frame's position,
 *          so that no frame of another file or place passes for one of this
 *          body
 *
 * body     1 MARK    salt u64 | batch        all that stands before was durable before this was written
 *          2 SHAPE   number | kind u8: 0 output, 1 keys | attempt | codec: length, UTF-8 | type: UTF-8, absent if unknown
 *                                            what many records have in common, numbered from 0 as they come
 *          3 RECORD  shape | started | elapsed | task id: length, UTF-8 | payload
 *          4 BESIDE  the same, but instead of the payload: size | SHA-256 of the file beside the journal that holds it
 *          5 GRAPH   the tasks of the DAG, see {@link GraphFrame}
 *          6 BEGAN   at | process id | host: UTF-8
 *                                            a process began to execute the DAG whose graph stands last before this
 *          7 FAILED  attempt | started | elapsed | task id: length, UTF-8 | failure: UTF-8
 *          8 ENDED   state u8: 1 succeeded, 2 failed, 3 cancelled | at i64 | completed u32 | total u32
 *                                            of one size, so that it can be found from the end of a file
 * </pre>
 *
 * Fixed-width numbers are little-endian, others as {@link Bytes} writes them; {@code started} and {@code at} are in
 * nanoseconds since {@code created}, {@code elapsed} in nanoseconds.
 *
 * <p>The version is raised when a program that knows the old one would read something wrong. What can be left out without that,
 * as all from GRAPH on, gets a new type and no new version: readers pass over the types that they don't know, copies carry them
 * over as they are, and a journal that holds one is not {@linkplain JournalStore#compact compacted}. So no body may say where
 * another stands.
 *
 * <p>Each batch of frames that is synced begins with a mark, and a journal that is closed after such batches ends with one, which
 * is the mark of the batch that may come next. A batch that is written without the promise to survive a loss of power has none.
 *
 * <p><b>What the checks tell.</b> A frame that is not whole and stands before a mark is damage: it was durable, and something
 * has altered it since. That is reported, and nothing is touched. Where no mark follows, a frame that is not whole is taken for
 * the end of a write that was cut off, and the journal goes on before it. Those two look alike, so what cannot be told is: damage
 * in the last batch of a journal that was not closed, and anywhere in the part that was written without syncs; a journal that
 * somebody cut short, or replaced by an older copy of itself; damage that leaves a CRC as it was, one in four thousand million.
 */
final class Frames {
  static final int VERSION = 1;
  static final int MARK = 1;
  static final int SHAPE = 2;
  static final int RECORD = 3;
  static final int BESIDE = 4;
  static final int GRAPH = 5;
  static final int BEGAN = 6;
  static final int FAILED = 7;
  static final int ENDED = 8;

  /** A length of up to five bytes and the CRC. */
  static final int MAX_OVERHEAD = 5 + Integer.BYTES;

  /** A mark with the largest number. */
  static final int MAX_MARK = 1 + Integer.BYTES + 1 + Long.BYTES + 10;

  private static final int MIN_HEADER = 8 + 2 + 8 + 8 + 4 + 1 + 4;
  static final int MAX_HEADER = MIN_HEADER + 2 + 4 * Dag.MAX_ID_LENGTH;
  /** The year 10,000 or so. */
  private static final long MAX_SECONDS = 1L << 38;

  private static final byte[] MAGIC = "duraflow".getBytes(StandardCharsets.US_ASCII);

  private Frames() {}

  static int code(Kind kind) {
    return switch (kind) {
      case OUTPUT -> 0;
      case KEYS -> 1;
    };
  }

  static Kind kind(int code) {
    return switch (code) {
      case 0 -> Kind.OUTPUT;
      case 1 -> Kind.KEYS;
      default -> throw new IllegalArgumentException("there is no kind of record with code " + code);
    };
  }

  /** How many bytes the header of a run's journal takes; the least that one can, if the run is not known. */
  static int headerSize(@Nullable String runId) {
    int idSize = runId == null ? 0 : runId.getBytes(StandardCharsets.UTF_8).length;
    return MIN_HEADER - 1 + Bytes.sizeOfVarint(idSize) + idSize;
  }

  /** How many bytes a frame takes. */
  static int sizeOf(int bodySize) {
    return Bytes.sizeOfVarint(bodySize) + Integer.BYTES + bodySize;
  }

  /** What every frame of a file depends on. */
  record Header(String runId, long salt, Instant created) {
    byte[] encoded() {
      byte[] id = runId.getBytes(StandardCharsets.UTF_8);
      Bytes out = new Bytes(64 + id.length);
      out.putBytes(MAGIC);
      out.putByte(VERSION & 0xff);
      out.putByte(VERSION >>> 8);
      out.putLong(salt);
      out.putLong(created.getEpochSecond());
      out.putInt(created.getNano());
      out.putVarint(id.length);
      out.putBytes(id);
      out.putInt(out.crc32c(0, out.position));
      return Arrays.copyOf(out.array, out.position);
    }

    /** Reads the header that a file begins with; null if what is there is none. */
    static @Nullable Decoded read(DiskFile file) throws IOException {
      byte[] begin = new byte[MAX_HEADER];
      int held = file.read(0, begin, 0, begin.length);
      if (held < MIN_HEADER || !Arrays.equals(begin, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
        return null;
      }
      try {
        return decoded(new Bytes(begin, 0), held);
      } catch (IllegalArgumentException e) {
        return null; // a number that nobody wrote
      }
    }

    /** Nothing is made of what is read before the CRC has said that it was written. */
    private static @Nullable Decoded decoded(Bytes in, int held) {
      in.position = MAGIC.length;
      int version = in.getByte() | in.getByte() << 8;
      long salt = in.getLong();
      long createdSecond = in.getLong();
      int createdNano = in.getInt();
      long idLength = in.getVarint();
      if (idLength < 0 || idLength > held - in.position - Integer.BYTES) {
        return null;
      }
      String runId = in.getString((int) idLength);
      int found = in.crc32c(0, in.position);
      return in.getInt() == found
          ? new Decoded(
              new Header(runId, salt, Instant.ofEpochSecond(createdSecond, createdNano)),
              version,
              in.position)
          : null;
    }

    /**
     * What is left of a header that is damaged, with a salt that was found elsewhere. Nobody can tell which part is damaged; if it
     * is the time, the times of the records are shifted by as much.
     */
    static Decoded remains(DiskFile file, String runId, long salt) throws IOException {
      Bytes begin = new Bytes(new byte[MIN_HEADER], MAGIC.length + 2 + Long.BYTES);
      file.read(0, begin.array, 0, MIN_HEADER);
      long seconds = begin.getLong();
      int nanos = begin.getInt();
      boolean isTime = seconds >= 0 && seconds < MAX_SECONDS && nanos >= 0 && nanos < 1_000_000_000;
      Instant created = isTime ? Instant.ofEpochSecond(seconds, nanos) : Instant.EPOCH;
      return new Decoded(new Header(runId, salt, created), VERSION, 0);
    }

    /** The bits that a frame's CRC is mixed with at a position (the finalizer of MurmurHash3, by A. Appleby). */
    int mix(long position) {
      long h = salt ^ position;
      h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL;
      h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
      return (int) (h ^ (h >>> 33));
    }
  }

  /** A header as read, with the version of the format that follows and where it begins. */
  record Decoded(Header header, int version, int end) {}

  /** What many records have in common. */
  record Shape(
      Kind kind, int attempt, String codec, @Nullable String type) {
    static Shape of(TaskRecord record) {
      return new Shape(record.kind(), record.attempt(), record.codec(), record.type());
    }

    /**
     * Reads what {@link #encoded} wrote, from behind the number.
     *
     * @throws IllegalArgumentException if it did not
     * @throws IndexOutOfBoundsException the same
     */
    static Shape read(Bytes body, int end) {
      Kind kind = Frames.kind(body.getByte());
      int attempt = (int) body.getVarint();
      int codecLength = (int) body.getVarint();
      Objects.checkFromIndexSize(body.position, codecLength, end);
      String codec = body.getString(codecLength);
      String type = body.position == end ? null : body.getString(end - body.position);
      return new Shape(kind, attempt, codec, type);
    }

    /** The body of its frame. */
    byte[] encoded(int number) {
      byte[] codecBytes = codec.getBytes(StandardCharsets.UTF_8);
      byte[] typeBytes = type == null ? new byte[0] : type.getBytes(StandardCharsets.UTF_8);
      Bytes out = new Bytes(2 + 5 + 5 + 5 + codecBytes.length + typeBytes.length);
      out.putByte(SHAPE);
      out.putVarint(number);
      out.putByte(code(kind));
      out.putVarint(Integer.toUnsignedLong(attempt));
      out.putVarint(codecBytes.length);
      out.putBytes(codecBytes);
      out.putBytes(typeBytes);
      return Arrays.copyOf(out.array, out.position);
    }
  }

  /** The shapes of a file by number, and their numbers. Not thread-safe. */
  static final class Shapes {
    private final List<Shape> byNumber;
    private final Map<Shape, Integer> numbers;

    Shapes() {
      this.byNumber = new ArrayList<>();
      this.numbers = new HashMap<>();
    }

    private Shapes(Shapes other) {
      this.byNumber = new ArrayList<>(other.byNumber);
      this.numbers = new HashMap<>(other.numbers);
    }

    /** Who writes numbers new shapes when it writes them, and who reads when it reads them: each has its own. */
    Shapes copy() {
      return new Shapes(this);
    }

    int size() {
      return byNumber.size();
    }

    void add(Shape shape) {
      numbers.putIfAbsent(shape, byNumber.size());
      byNumber.add(shape);
    }

    @Nullable
    Integer number(Shape shape) {
      return numbers.get(shape);
    }

    Shape get(int number) {
      return byNumber.get(number);
    }
  }
}
