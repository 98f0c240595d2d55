package dev.duraflow.jdbc;

import dev.duraflow.store.Payload;
import dev.duraflow.store.PayloadSink;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Stores a large payload in chunks while it is encoded, and keeps a small one in memory. What is given up is cleared away by the next owner. */
final class ChunkSink extends PayloadSink {
  private static final int FIRST = 64;

  private final JdbcRun run;
  private final long saveId;
  private final int chunkSize;
  private final CRC32C crc = new CRC32C();
  private byte[] chunk = new byte[FIRST];
  private int filled;
  private int chunks;
  private long size;

  /** @param chunkSize in bytes; payloads of no more stay in memory */
  ChunkSink(JdbcRun run, long saveId, int chunkSize) {
    this.run = run;
    this.saveId = saveId;
    this.chunkSize = chunkSize;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] from, int offset, int length) {
    for (int done = 0; done < length; ) {
      if (filled == chunkSize) {
        store();
      }
      int count = Math.min(length - done, chunkSize - filled);
      if (filled + count > chunk.length) {
        chunk =
            Arrays.copyOf(chunk, Math.min(chunkSize, Math.max(2 * chunk.length, filled + count)));
      }
      System.arraycopy(from, offset + done, chunk, filled, count);
      filled += count;
      done += count;
    }
    crc.update(from, offset, length);
    size += length;
  }

  private void store() {
    byte[] bytes = filled == chunk.length ? chunk : Arrays.copyOf(chunk, filled);
    run.writeChunk(saveId, chunks++, bytes);
    filled = 0;
  }

  @Override
  public Payload finish() {
    if (chunks == 0) {
      return Payload.of(Arrays.copyOf(chunk, filled));
    }
    store();
    return new Chunked(run, saveId, size, (int) crc.getValue(), chunks);
  }

  /** A payload whose chunks are stored, to be named by a record. */
  record Chunked(JdbcRun run, long saveId, long size, int crc32c, int chunks) implements Payload {
    @Override
    public InputStream open() throws java.io.IOException {
      return run.chunks(this).open();
    }
  }
}
