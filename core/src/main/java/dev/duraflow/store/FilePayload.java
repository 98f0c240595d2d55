package dev.duraflow.store;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a payload file, all of them verified before the first is handed out, so that a reader that stops early is not
 * taken in either.
 *
 * @param name the name of the record's files
 * @param sidecar what the bytes are checked against; null if another program wrote them, and then all that is known is that
 *     they are JSON
 */
record FilePayload(
    RecordReader reader,
    Path path,
    String name,
    String taskId,
    long size,
    @Nullable Sidecar sidecar)
    implements Payload {

  @Override
  public InputStream open() throws IOException {
    if (sidecar == null) {
      return new ByteArrayInputStream(bytes());
    }
    FileInputStream in = file();
    try {
      Checksum found = Checksum.copy(in, OutputStream.nullOutputStream());
      check(sidecar, found);
      in.skip(-found.size());
      return new BufferedInputStream(in);
    } catch (Throwable e) {
      in.close();
      throw e;
    }
  }

  @Override
  public byte[] bytes() throws IOException {
    byte[] bytes;
    try (InputStream in = file()) {
      bytes = in.readAllBytes();
    }
    if (sidecar == null) {
      checkJson(bytes);
    } else {
      check(sidecar, Checksum.of(bytes));
    }
    return bytes;
  }

  // Not Files.newInputStream, whose stream an interrupt may close.
  private FileInputStream file() throws IOException {
    try {
      return new FileInputStream(path.toFile());
    } catch (FileNotFoundException e) {
      if (!RunFiles.isThere(path)) {
        throw reader.damaged(name, taskId, "it is gone", e);
      }
      throw e; // there, but not to be opened
    }
  }

  private void check(Sidecar expected, Checksum found) throws IOException {
    if (!found.equals(expected.payload())) {
      throw reader.mismatch(name, expected, found);
    }
  }

  private void checkJson(byte[] bytes) {
    try {
      SmallJson.check(bytes);
    } catch (IllegalArgumentException e) {
      throw reader.damaged(name, taskId, "its " + bytes.length + " bytes are not JSON", e);
    }
  }
}
