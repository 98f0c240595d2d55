package dev.duraflow.store;

import static dev.duraflow.store.RunFiles.NEXT;
import static dev.duraflow.store.RunFiles.isThere;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.io.StreamCorruptedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads records and says what is wrong with those that are damaged.
 *
 * <p>Between the last two steps of a save, or after one that failed there, the payload is new and its sidecar is still the {@code
 * .next}. That is rare, so a record is read without a lock first; if there is a {@code .next}, or all seems not well, it is read
 * under the lock and with that in mind. Nothing is ever changed by reading.
 */
final class RecordReader {
  private final RunFiles files;

  RecordReader(RunFiles files) {
    this.files = files;
  }

  /** Looks at the payload, but doesn't read it. */
  TaskRecord read(String name, String taskId) throws IOException {
    // File.exists, since isThere pays for an exception whenever it is not.
    if (!files.sidecar(name, NEXT).toFile().exists()) {
      try {
        return look(name, taskId, files.sidecar(name));
      } catch (CorruptRecordException e) {
        // or a save came in between
      }
    }
    ReentrantLock lock = files.lock(name);
    lock.lock();
    try {
      return look(
          name, taskId, files.nextFits(name) ? files.sidecar(name, NEXT) : files.sidecar(name));
    } finally {
      lock.unlock();
    }
  }

  private TaskRecord look(String name, String taskId, Path sidecar) throws IOException {
    BasicFileAttributes payload;
    try {
      payload = Files.readAttributes(files.payload(name), BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      throw damaged(name, taskId, "it is gone", e);
    }
    if (!payload.isRegularFile()) {
      throw damaged(name, taskId, "it is not a file", null);
    }
    return isThere(sidecar)
        ? own(name, taskId, payload.size(), sidecar)
        : foreign(name, taskId, payload);
  }

  private TaskRecord own(String name, String taskId, long size, Path file) throws IOException {
    Sidecar sidecar;
    try {
      sidecar = Sidecar.decode(RunFiles.bytes(file), file);
    } catch (StreamCorruptedException e) {
      throw damaged(name, taskId, "of its sidecar " + file + ", " + e.getMessage(), e);
    }
    if (!sidecar.task().equals(taskId)) {
      throw damaged(
          name, taskId, "its sidecar " + file + " is that of task '" + sidecar.task() + "'", null);
    }
    if (sidecar.payload().size() != size) {
      throw damaged(
          name, taskId, "stored were " + sidecar.payload() + ", but it has " + size, null);
    }
    return sidecar.record(new FilePayload(this, files.payload(name), name, taskId, size, sidecar));
  }

  /** A record whose payload another program wrote. */
  private TaskRecord foreign(String name, String taskId, BasicFileAttributes payload) {
    if (!FileNames.isUnescaped(name)) {
      throw damaged(name, taskId, "its sidecar " + files.sidecar(name) + " is gone", null);
    }
    if (payload.size() == 0) {
      throw damaged(name, taskId, "it is empty, so it was not written to its end", null);
    }
    return Sidecar.foreign(
            taskId, payload.lastModifiedTime().toInstant(), new Checksum(payload.size(), 0))
        .record(new FilePayload(this, files.payload(name), name, taskId, payload.size(), null));
  }

  /** What to throw when a payload's bytes are not those that its sidecar tells of. */
  StoreException mismatch(String name, Sidecar expected, Checksum found) throws IOException {
    ReentrantLock lock = files.lock(name);
    lock.lock();
    try {
      Path file = files.sidecar(name);
      if (isThere(file)
          && Arrays.equals(RunFiles.bytes(file), expected.encode())
          && !files.nextFits(name)) {
        return damaged(
            name,
            expected.task(),
            "stored were " + expected.payload() + ", but it has " + found,
            null);
      }
    } finally {
      lock.unlock();
    }
    return new StoreException("the record of task '" + expected.task() + "' in run '"
        + files.runId() + "' has been replaced since it was found; find it again");
  }

  CorruptRecordException damaged(
      String name, String taskId, String how, @Nullable Exception cause) {
    return new CorruptRecordException(
        "the record of task '" + taskId + "' in run '" + files.runId() + "' is damaged: "
            + files.payload(name) + ": " + how
            + "; restore it, or delete this file and open the run again to run the task again",
        cause);
  }
}
