package dev.duraflow.store;

import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * All that is ever changed on a disk, in the units in which it can fail: the bytes of a file are on stable storage when {@link
 * #write} returns, the names in a directory when {@link #sync} does, and until then each change of a name may or may not
 * outlive a loss of power. A pending interrupt neither breaks nor delays any of it, and stays pending.
 *
 * <p>Tests put faults in by overriding.
 */
class Disk {
  /** An open handle on a directory cannot be had on Windows, where NTFS keeps a journal of names. */
  private static final boolean DIRECTORIES_OPEN = File.separatorChar == '/';

  /** Writes a file of its own name or over the one that is there; its name is not synced. */
  Checksum write(Path file, InputStream content) throws IOException {
    // Not a FileChannel: an interrupt would close it.
    try (FileOutputStream out = new FileOutputStream(file.toFile())) {
      Checksum written = Checksum.copy(content, out);
      out.getFD().sync();
      return written;
    }
  }

  /** Opens a file for reading and writing at positions, creating it if it is missing; its name is not synced. */
  DiskFile open(Path file) throws IOException {
    return new DiskFile(file);
  }

  /** Opens a file that is there, for reading only. */
  DiskFile openForReading(Path file) throws IOException {
    return DiskFile.forReading(file);
  }

  /** Begins a file that is written as a stream, to be ended by {@link #finish}; not a FileChannel, see {@link #write}. */
  OutputStream create(Path file) throws IOException {
    return new FileOutputStream(file.toFile());
  }

  /** Syncs and closes a file that {@link #create} began. */
  void finish(OutputStream created) throws IOException {
    try (FileOutputStream out = (FileOutputStream) created) {
      out.getFD().sync();
    }
  }

  /** Renames in one step, over the file that has the name. */
  void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Deletes a file if it is there. */
  void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  void sync(Path directory) throws IOException {
    if (!DIRECTORIES_OPEN) {
      return;
    }
    boolean interrupted = Thread.interrupted();
    try {
      while (!synced(directory)) {
        interrupted = true;
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** False if an interrupt closed the channel, and with it hid whether the sync was done. */
  private static boolean synced(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
      return true;
    } catch (ClosedByInterruptException e) {
      Thread.interrupted(); // cleared, or the next try would end like this one
      return false;
    }
  }

  /** False if the name was taken. A new directory is there for good. */
  boolean createDirectory(Path directory) throws IOException {
    try {
      Files.createDirectory(directory);
    } catch (FileAlreadyExistsException e) {
      return false;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      sync(parent);
    }
    return true;
  }

  /** Creates a directory and what is missing above it. */
  void createDirectories(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      createDirectories(parent);
    }
    if (!createDirectory(directory) && !Files.isDirectory(directory)) {
      throw new FileSystemException(directory.toString(), null, "is a file, not a directory");
    }
  }
}
