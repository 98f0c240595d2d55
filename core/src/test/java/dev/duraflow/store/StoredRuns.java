package dev.duraflow.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Records and damage for the tests of the journal. */
final class StoredRuns {
  private StoredRuns() {}

  /** Larger than what stands in a journal. */
  static byte[] large(int seed) {
    byte[] content = new byte[(1 << 20) + seed];
    Arrays.fill(content, (byte) seed);
    return content;
  }

  /** Makes a run with these records. */
  static void save(Store store, String runId, TaskRecord... records) {
    try (OpenRun run = store.open(runId)) {
      for (TaskRecord record : records) {
        Journals.save(run, record);
      }
    }
  }

  /** What is held of a run, by task; of payloads the size and a hash. */
  static Map<String, String> contents(JournalStore store, String runId) {
    try (RunHistory history = store.read(runId)) {
      Map<String, String> contents = new TreeMap<>();
      history.records().forEach(record -> contents.put(record.taskId(), describe(record)));
      return contents;
    }
  }

  static String describe(TaskRecord record) {
    try {
      byte[] bytes = record.payload().bytes();
      String content = bytes.length < 100
          ? new String(bytes, StandardCharsets.UTF_8)
          : bytes.length + "#" + Arrays.hashCode(bytes);
      return List.of(
              record.kind(),
              record.type() + "",
              record.codec(),
              record.attempt(),
              record.startedAt(),
              record.finishedAt())
          + content;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where nothing is about a loss of power. */
  static JournalStore unsynced(Path directory) {
    Disk disk = new UnsyncedDisk() {
      @Override
      DiskFile open(Path file) throws IOException {
        return new DiskFile(file) {
          @Override
          void force() {}
        };
      }
    };
    return new JournalStore(directory, Clock.systemUTC(), disk);
  }

  /** Adds a frame to the bytes of a whole file. */
  static void putFrame(Bytes out, Frames.Header header, byte[] body) {
    int start = out.position;
    out.reserve(Frames.MAX_OVERHEAD + body.length);
    out.putVarint(body.length);
    out.putInt(new Bytes(body, 0).crc32c(0, body.length) ^ header.mix(start));
    out.putBytes(body);
  }

  static void flip(Path file, long position) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(position);
      int b = bytes.read();
      bytes.seek(position);
      bytes.write(b ^ 0x10);
    }
  }

  /** Where the frame of a task's record begins. */
  static long frameOf(Path journal, String taskId) throws IOException {
    try (JournalReader reader = JournalReader.open(journal.getParent(), null, new Disk())) {
      JournalScan scan = new JournalScan(reader.file(), reader.header(), reader.firstFrame());
      while (scan.next(Long.MAX_VALUE)) {
        Bytes body = scan.body();
        int type = body.getByte();
        if ((type == Frames.RECORD || type == Frames.BESIDE)
            && RecordHead.read(body).taskId(body).equals(taskId)) {
          return scan.frameStart();
        }
      }
    }
    throw new AssertionError("no frame of " + taskId);
  }
}
