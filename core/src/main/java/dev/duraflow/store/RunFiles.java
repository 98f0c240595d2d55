package dev.duraflow.store;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StreamCorruptedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The files of a run: for each record a payload, which alone decides whether the record exists, and a sidecar.
 *
 * <pre>
 * .lock                   who {@linkplain RunLock owns} the run
 * NAME                    a payload: the bytes of the codec and nothing else
 * .records/NAME           its {@linkplain Sidecar sidecar}; none if another program wrote the payload
 * .records/NAME.next      the sidecar of a payload that is about to come
 * .records/NAME.tmp       a sidecar that is being written
 * .records/NAME.payload   a payload that is being written
 * </pre>
 *
 * <p>{@code NAME} is made of the task's id by {@link FileNames}. Files of names that are not made so are none of ours.
 */
final class RunFiles {
  static final String NEXT = ".next";
  static final String PART_SIDECAR = ".tmp";
  static final String PART_PAYLOAD = ".payload";

  private static final int LOCKS = 64;

  private final String runId;
  private final Path directory;
  private final Path sidecars;
  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];

  RunFiles(String runId, Path directory) {
    this.runId = runId;
    this.directory = directory;
    this.sidecars = directory.resolve(".records");
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  String runId() {
    return runId;
  }

  Path directory() {
    return directory;
  }

  Path sidecars() {
    return sidecars;
  }

  Path payload(String name) {
    return directory.resolve(name);
  }

  Path sidecar(String name) {
    return sidecars.resolve(name);
  }

  Path sidecar(String name, String suffix) {
    return sidecars.resolve(name + suffix);
  }

  /** Held by whoever changes the files of a name, and by readers who want no change between two looks. */
  ReentrantLock lock(String name) {
    return locks[Math.floorMod(name.hashCode(), LOCKS)];
  }

  /** Whether a save has come as far as its payload, but not yet or never to its end. */
  boolean nextFits(String name) throws IOException {
    Path next = sidecar(name, NEXT);
    if (!isThere(next) || !isThere(payload(name))) {
      return false;
    }
    try {
      return Sidecar.decode(bytes(next), next).payload().equals(checksum(payload(name)));
    } catch (StreamCorruptedException e) {
      return false;
    }
  }

  // The streams are not those of java.nio.file.Files, which an interrupt may close.

  static byte[] bytes(Path file) throws IOException {
    try (InputStream in = new FileInputStream(file.toFile())) {
      return in.readAllBytes();
    }
  }

  static Checksum checksum(Path file) throws IOException {
    try (InputStream in = new FileInputStream(file.toFile())) {
      return Checksum.copy(in, OutputStream.nullOutputStream());
    }
  }

  /** Unlike {@link Files#exists}, doesn't take a file for missing because it cannot be looked at. */
  static boolean isThere(Path file) throws IOException {
    try {
      Files.readAttributes(file, BasicFileAttributes.class);
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
