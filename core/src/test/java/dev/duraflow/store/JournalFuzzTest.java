package dev.duraflow.store;

import static dev.duraflow.store.Journals.journal;
import static dev.duraflow.store.Journals.record;
import static dev.duraflow.store.Journals.save;
import static dev.duraflow.store.Journals.text;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Decoded;
import dev.duraflow.store.Frames.Header;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Journals that nobody has written: whatever is in them, nothing is made of it that was not saved. */
@Timeout(3_600) // a million take longer than other tests may
final class JournalFuzzTest {
  private static final int TASKS = 12;
  private static final int SIDE_FILE_THRESHOLD = 4_000;
  private static final com.sun.management.ThreadMXBean THREADS =
      (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();

  @TempDir
  Path root;

  /** What each task was ever saved with. */
  private final Map<String, Set<String>> saved = new HashMap<>();

  private final List<byte[]> originals = new ArrayList<>();
  private byte[] content = {};
  private Store store;

  @BeforeEach
  void writeJournals() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 4; i++) {
      for (int life = 0; life < 3; life++) {
        try (OpenRun run = Journals.store(root, new Disk(), SIDE_FILE_THRESHOLD).open("run")) {
          for (int save = 0; save < 10; save++) {
            String id = "task-" + random.nextInt(TASKS);
            String payload = i + "/" + life + "/" + save + ":"
                + "x"
                    .repeat(save == 7 ? 5_000 : random.nextInt(10) == 0 ? 900 : random.nextInt(20));
            saved.computeIfAbsent(id, any -> new HashSet<>()).add(payload);
            TaskRecord record = record(id, 1 + random.nextInt(3), payload.getBytes(ISO_8859_1));
            if (random.nextBoolean()) {
              run.save(record);
            } else {
              save(run, record);
            }
          }
        }
      }
      originals.add(Files.readAllBytes(journal(root, "run")));
      Files.delete(journal(root, "run"));
    }
    Path any = Files.createFile(root.resolve("any"));
    Disk memory = new Disk() {
      @Override
      DiskFile open(Path file) throws IOException {
        return new MemoryFile(any, content);
      }

      @Override
      void sync(Path directory) {}

      @Override
      void delete(Path file) {} // side files stay for the next journal
    };
    store = Journals.store(root, memory, SIDE_FILE_THRESHOLD);
    loadClasses();
  }

  /** What that allocates is not the journals'. */
  private void loadClasses() {
    for (int seed = -1; seed >= -50; seed--) {
      content = mutant(new Random(seed));
      try (OpenRun run = store.open("run")) {
        text(run, "task-0");
      } catch (StoreException e) {
        // It is damaged.
      }
    }
  }

  @Test
  void mutants_giveWhatWasSavedOrSayThatTheyAreDamaged() {
    int damaged = 0;
    int records = 0;
    int mutants = Journals.times(16_000, 50);
    for (int seed = 0; seed < mutants; seed++) {
      content = mutant(new Random(seed));
      try {
        Map<String, String> found = read("seed " + seed);
        found.forEach((id, text) -> assertThat(saved.get(id)).contains(text));
        records += found.size();
      } catch (StoreException e) {
        damaged++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(damaged).isBetween(mutants / 10, mutants * 95 / 100);
    assertThat(records).isGreaterThan(mutants / 2);
  }

  /** Frames with nonsense in them that was nevertheless given its CRC. */
  @Test
  void nonsenseWithItsCrc_givesRecordsOrSaysThatItIsNonsense() throws IOException {
    int nonsense = 0;
    for (int seed = 0; seed < Journals.times(4_000, 50); seed++) {
      content = resealed(new Random(seed));
      try {
        read("seed " + seed);
      } catch (StoreException e) {
        nonsense++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(nonsense).isGreaterThan(100);
  }

  /** What the journal gives; the allocations must be in proportion. */
  private Map<String, String> read(String seed) {
    long thread = Thread.currentThread().getId();
    long before = THREADS.getThreadAllocatedBytes(thread);
    long started = System.nanoTime();
    Map<String, String> found = new HashMap<>();
    try (OpenRun run = store.open("run")) {
      long allocated = THREADS.getThreadAllocatedBytes(thread) - before;
      assertThat(allocated).as(seed).isLessThan((1 << 20) + 8L * content.length);
      for (int task = 0; task < TASKS; task++) {
        String id = "task-" + task;
        text(run, id).ifPresent(text -> found.put(id, text));
      }
    } finally {
      long allocated = THREADS.getThreadAllocatedBytes(thread) - before;
      assertThat(allocated).as(seed).isLessThan((4 << 20) + 20L * content.length);
      assertThat(Duration.ofNanos(System.nanoTime() - started))
          .as(seed)
          .isLessThan(Duration.ofSeconds(20));
    }
    return found;
  }

  private byte[] mutant(Random random) {
    byte[] bytes = originals.get(random.nextInt(originals.size())).clone();
    for (int times = 1 + random.nextInt(3); times > 0; times--) {
      int at = random.nextInt(bytes.length);
      int length = 1 + random.nextInt(1 + random.nextInt(bytes.length));
      bytes = switch (random.nextInt(8)) {
        case 0 -> flipped(bytes, at, random);
        case 1 -> spliced(bytes, at, at, randomBytes(random, length));
        case 2 -> spliced(bytes, at, Math.min(bytes.length, at + length), new byte[0]);
        case 3 -> spliced(bytes, at, at, part(bytes, random.nextInt(bytes.length), length));
        case 4 ->
          spliced(
              bytes,
              at,
              bytes.length,
              part(originals.get(random.nextInt(originals.size())), at, bytes.length));
        case 5 ->
          spliced(bytes, at, Math.min(bytes.length, at + 5), new byte[] {
            -1, -1, -1, -1, (byte) random.nextInt(16)
          });
        case 6 ->
          spliced(bytes, at, Math.min(bytes.length, at + 1), new byte[] {
            (byte) (0x80 | random.nextInt(128))
          });
        default -> spliced(bytes, at, Math.min(bytes.length, at + length), new byte[length]);
      };
      if (bytes.length == 0) {
        return bytes;
      }
    }
    return bytes;
  }

  private static byte[] flipped(byte[] bytes, int at, Random random) {
    byte[] flipped = bytes.clone();
    flipped[at] ^= (byte) (1 << random.nextInt(8));
    return flipped;
  }

  private static byte[] randomBytes(Random random, int length) {
    byte[] bytes = new byte[Math.min(length, 2_000)];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] part(byte[] bytes, int from, int length) {
    int start = Math.min(from, bytes.length);
    return Arrays.copyOfRange(bytes, start, Math.min(bytes.length, start + length));
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] middle) {
    byte[] spliced = new byte[from + middle.length + bytes.length - to];
    System.arraycopy(bytes, 0, spliced, 0, from);
    System.arraycopy(middle, 0, spliced, from, middle.length);
    System.arraycopy(bytes, to, spliced, from + middle.length, bytes.length - to);
    return spliced;
  }

  private byte[] resealed(Random random) throws IOException {
    byte[] bytes = originals.get(random.nextInt(originals.size())).clone();
    try (DiskFile file = new MemoryFile(root.resolve("any"), bytes)) {
      Decoded begin = Header.read(file);
      JournalScan scan = new JournalScan(file, begin.header(), begin.end());
      while (scan.next(Long.MAX_VALUE)) {
        if (random.nextInt(10) > 0) {
          continue;
        }
        int start = (int) scan.frameStart();
        int end = (int) scan.position();
        int length = scan.bodyEnd() - scan.body().position;
        int body = end - length;
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
          int at = body + random.nextInt(Math.min(length, 40));
          bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(7));
        }
        Bytes out = new Bytes(bytes, body - Integer.BYTES);
        out.putInt(out.crc32c(body, end) ^ begin.header().mix(start));
      }
    }
    return bytes;
  }

  /** Every bit of a journal that was closed: what it says is told from what it never said. */
  @Test
  void everyBitOfAClosedJournal_flipped_isReported() throws IOException {
    byte[] whole = originals.get(0);
    Set<Integer> silent = new TreeSet<>();
    int lastMark;
    try (DiskFile file = new MemoryFile(root.resolve("any"), whole)) {
      Decoded begin = Header.read(file);
      JournalIndex index = new JournalIndex(file, begin.header(), begin.end());
      assertThat(index.readTo(Long.MAX_VALUE)).isEqualTo(whole.length);
      assertThat(index.endsWithMark()).isTrue();
      lastMark = (int) index.lastMark();
    }
    for (int at = 0; at < whole.length; at++) {
      content = whole.clone();
      content[at] ^= (byte) (1 << at % 8);
      try {
        store.open("run").close();
        silent.add(at);
      } catch (CorruptRecordException e) {
        assertThat(e.getMessage())
            .contains("run 'run'", journal(root, "run").toString(), "another run id");
      }
    }
    assertThat(silent).allMatch(at -> at >= lastMark);
  }

  @Test
  void header_withAnyBitFlipped_isReported() throws IOException {
    for (int bit = 0; bit < 8 * 30; bit++) {
      content = originals.get(1).clone();
      content[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> store.open("run"))
          .isInstanceOf(CorruptRecordException.class)
          .hasMessageContaining("header")
          .hasMessageContaining("restore the file from a copy");
    }
  }
}
