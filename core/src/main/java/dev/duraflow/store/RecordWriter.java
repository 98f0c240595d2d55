package dev.duraflow.store;

import static dev.duraflow.store.RunFiles.NEXT;
import static dev.duraflow.store.RunFiles.PART_PAYLOAD;
import static dev.duraflow.store.RunFiles.PART_SIDECAR;
import static dev.duraflow.store.RunFiles.isThere;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes the two files of a record as if they were one: cut off anywhere, by a kill or a loss of power, a save has stored the
 * record as it was before or as it was to be.
 *
 * <pre>
 * 1  write NAME.payload, sync it
 * 2  write NAME.tmp, sync it
 * 3  rename NAME.tmp to NAME.next, sync .records
 * 4  rename NAME.payload over NAME, sync the directory      the commit
 * 5  rename NAME.next over .records/NAME
 * </pre>
 *
 * <p>A {@code .next} that is found later tells of a save that was cut off around the commit: if it fits the payload, step 5 is
 * done again, and else it is dropped. That is why step 5 needs no sync of its own; only the next save of the same name syncs
 * it, before there can be another {@code .next}. And it is why a payload that has no sidecar, since another program wrote it,
 * is given one before it is replaced: a lone {@code .next} that does not fit means damage, and is kept to tell of it.
 *
 * <p>Thread-safe; saves of different names run side by side.
 */
final class RecordWriter {
  private final RunFiles files;
  private final Disk disk;

  RecordWriter(RunFiles files, Disk disk) {
    this.files = files;
    this.disk = disk;
  }

  /** Makes the place and settles what dead owners left behind; answers the names of the records that are there. */
  NameTable recover() throws IOException {
    disk.createDirectories(files.sidecars());
    NameTable names = NameTable.of(files.directory());
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(files.sidecars())) {
      for (Path entry : entries) {
        recover(entry, names);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  private void recover(Path entry, NameTable names) throws IOException {
    String fileName = entry.getFileName().toString();
    int dot = fileName.indexOf('.');
    if (dot < 0) {
      // Without a payload it is of no use, and where case is ignored its name could come to be
      // another's.
      if (!names.contains(fileName)) {
        disk.delete(entry);
      }
      return;
    }
    switch (fileName.substring(dot)) {
      case NEXT -> settle(fileName.substring(0, dot));
      case PART_SIDECAR, PART_PAYLOAD -> disk.delete(entry);
      default -> {} // not ours
    }
  }

  void write(String name, TaskRecord record) throws IOException {
    ReentrantLock lock = files.lock(name);
    lock.lock();
    try {
      settle(name);
      if (isThere(files.payload(name))) {
        secureSidecar(name, record.taskId());
      }
      Checksum written = writePayload(files.sidecar(name, PART_PAYLOAD), record.payload());
      writeSidecar(name, NEXT, Sidecar.of(record, written));
      disk.sync(files.sidecars());
      disk.move(files.sidecar(name, PART_PAYLOAD), files.payload(name));
      disk.sync(files.directory());
      disk.move(files.sidecar(name, NEXT), files.sidecar(name));
    } catch (Throwable e) {
      tidy(name, e);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /** Finishes or undoes a save of the name that was cut off. */
  private void settle(String name) throws IOException {
    Path next = files.sidecar(name, NEXT);
    if (!isThere(next)) {
      return;
    }
    if (files.nextFits(name) || (isThere(files.payload(name)) && !isThere(files.sidecar(name)))) {
      disk.move(next, files.sidecar(name));
    } else {
      disk.delete(next);
    }
  }

  private void secureSidecar(String name, String taskId) throws IOException {
    if (!isThere(files.sidecar(name))) {
      Path payload = files.payload(name);
      Instant written = Files.getLastModifiedTime(payload).toInstant();
      writeSidecar(name, "", Sidecar.foreign(taskId, written, RunFiles.checksum(payload)));
    }
    disk.sync(files.sidecars());
  }

  private Checksum writePayload(Path file, Payload payload) throws IOException {
    try (InputStream in = payload.open()) {
      return disk.write(file, in);
    }
  }

  private void writeSidecar(String name, String suffix, Sidecar sidecar) throws IOException {
    Path part = files.sidecar(name, PART_SIDECAR);
    disk.write(part, new ByteArrayInputStream(sidecar.encode()));
    disk.move(part, files.sidecar(name, suffix));
  }

  private void tidy(String name, Throwable failure) {
    try {
      disk.delete(files.sidecar(name, PART_PAYLOAD));
      disk.delete(files.sidecar(name, PART_SIDECAR));
      settle(name);
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(
          e); // left to the next save of the name, or to the next owner of the run
    }
  }
}
