package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The large payloads of a run: files in {@code outputs} beside its journal, named by the SHA-256 of their content. A file is
 * written under a passing name, synced, renamed, and its name synced, before the record that names it is written; so a record
 * never names a file that is not there. Files that no record names are what a crash left, and are deleted when the run is opened
 * for writing. Thread-safe.
 */
final class SideFiles {
  /** The bytes of a hash. */
  static final int HASH = 32;

  private static final String PART = ".part";

  private final String runId;
  private final Path directory;
  private final Disk disk;
  private final int threshold;
  /** Whether the directory's own name has been synced by this process. */
  private volatile boolean isNamed;

  /** @param threshold payloads of so many bytes and more go into files */
  SideFiles(String runId, Path directory, Disk disk, int threshold) {
    this.runId = runId;
    this.directory = directory;
    this.disk = disk;
    this.threshold = threshold;
  }

  int threshold() {
    return threshold;
  }

  PayloadSink sink() {
    return new Sink();
  }

  /** The payload that a record names. */
  Payload payload(String taskId, Beside beside) {
    return new Kept(taskId, beside);
  }

  Path file(Beside beside) {
    return directory.resolve(beside.name());
  }

  /** Where a payload lies, if it lies here. */
  @Nullable
  Beside beside(Payload payload) {
    return payload instanceof Kept kept && kept.files() == this ? kept.beside : null;
  }

  /** Deletes what no record names. */
  void collect(Set<String> named) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (!named.contains(file.getFileName().toString())) {
          disk.delete(file);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    } catch (NoSuchFileException e) {
      // No large payload yet.
    }
  }

  static byte[] hash(String name) {
    return HexFormat.of().parseHex(name);
  }

  static String name(byte[] sha256) {
    return HexFormat.of().formatHex(sha256);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Keeps a payload in memory up to the threshold, and moves it into a file when it gets larger. */
  private final class Sink extends PayloadSink {
    private final Bytes memory = new Bytes(256);
    private @Nullable Part part;
    private @Nullable StoreException failure;
    private long size;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      checkWhole();
      size += length;
      if (size < threshold) {
        memory.reserve(length);
        System.arraycopy(from, offset, memory.array, memory.position, length);
        memory.position += length;
        return;
      }
      try {
        writeOut(from, offset, length);
      } catch (IOException e) {
        // Not as an IOException, which a codec may take for one of its own.
        failure = new StoreException(
            "cannot write into " + directory + ", the large outputs of run '" + runId + "': "
                + FileStore.reason(e) + "; see that there is room",
            e);
        throw failure;
      }
    }

    /** A codec may go on after an exception; but what was not written then is missing for good. */
    private void checkWhole() {
      if (failure != null) {
        throw failure;
      }
    }

    private void writeOut(byte[] from, int offset, int length) throws IOException {
      Part to = part;
      if (to == null) {
        to = new Part();
        part = to;
        to.write(memory.array, 0, memory.position);
        memory.array = new byte[0];
      }
      to.write(from, offset, length);
    }

    @Override
    public Payload finish() throws IOException {
      checkWhole();
      Part written = part;
      return written == null
          ? Payload.of(Arrays.copyOf(memory.array, memory.position))
          : written.finish(size);
    }

    @Override
    public void close() throws IOException {
      Part written = part;
      if (written != null) {
        written.close();
      }
    }
  }

  /** A file that is being written, under its passing name. */
  private final class Part implements AutoCloseable {
    /** Unlike any other, since somebody who has lost the run may still be writing. */
    private final Path path = directory.resolve(UUID.randomUUID() + PART);

    private final MessageDigest digest = sha256();
    private final OutputStream out;

    Part() throws IOException {
      disk.createDirectories(directory);
      out = disk.create(path);
    }

    void write(byte[] from, int offset, int length) throws IOException {
      out.write(from, offset, length);
      digest.update(from, offset, length);
    }

    Payload finish(long size) throws IOException {
      disk.finish(out);
      String name = name(digest.digest());
      // Also over a file of that name: it may have been damaged, and who wrote it may not have
      // synced its name yet.
      disk.move(path, directory.resolve(name));
      disk.sync(directory);
      if (!isNamed) {
        disk.sync(Objects.requireNonNull(directory.getParent()));
        isNamed = true;
      }
      return new Kept("(new)", new Beside(size, name));
    }

    @Override
    public void close() throws IOException {
      out.close();
      disk.delete(path); // unless it has been finished, and has its name
    }
  }

  private final class Kept implements Payload {
    private final String taskId;
    private final Beside beside;

    Kept(String taskId, Beside beside) {
      this.taskId = taskId;
      this.beside = beside;
    }

    SideFiles files() {
      return SideFiles.this;
    }

    @Override
    public long size() {
      return beside.size();
    }

    /** Verified on the way: who reads to the end, or closes, is told if the content was not what was written. */
    @Override
    public InputStream open() throws IOException {
      Path file = file(beside);
      if (!Files.exists(file)) {
        throw new CorruptRecordException(
            "the output of task '" + taskId + "' in run '" + runId + "' is gone: there is no file "
                + file + "; " + JournalStore.WAY_OUT,
            null);
      }
      return new Verified(
          new BufferedInputStream(new FileInputStream(file.toFile()), 1 << 16), file);
    }

    private final class Verified extends DigestInputStream {
      private final Path file;
      private boolean checked;

      Verified(InputStream in, Path file) {
        super(in, sha256());
        this.file = file;
      }

      @Override
      public int read() throws IOException {
        int b = super.read();
        return b < 0 ? checked(b) : b;
      }

      @Override
      public int read(byte[] into, int offset, int length) throws IOException {
        int n = super.read(into, offset, length);
        return n < 0 ? checked(n) : n;
      }

      /** By reading, or what was skipped would be missing from the hash. */
      @Override
      public long skip(long count) throws IOException {
        byte[] skipped = new byte[(int) Math.max(0, Math.min(count, 1 << 16))];
        return skipped.length == 0 ? 0 : Math.max(0, read(skipped, 0, skipped.length));
      }

      @Override
      public boolean markSupported() {
        return false;
      }

      private int checked(int end) {
        if (!checked) {
          checked = true;
          if (!name(getMessageDigest().digest()).equals(beside.name())) {
            throw new CorruptRecordException(
                "the output of task '" + taskId + "' in run '" + runId
                    + "' is damaged: the content of " + file
                    + " is not what was written; " + JournalStore.WAY_OUT,
                null);
          }
        }
        return end;
      }

      @Override
      public void close() throws IOException {
        try {
          byte[] rest = new byte[1 << 16];
          while (!checked) {
            read(rest, 0, rest.length);
          }
        } finally {
          in.close();
        }
      }
    }
  }
}
