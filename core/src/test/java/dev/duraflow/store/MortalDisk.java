package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A disk that loses its power in the middle, and tells what may be on it afterwards: everything that was synced, and of the
 * changes of names that were not, any selection. A renaming is one change, and is synced with the directory it leads to.
 */
final class MortalDisk extends UnsyncedDisk {
  /** What the program sees of it, which must not be handled as an I/O error. */
  static final class PowerLoss extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Gives {@code to} the content, unless it is null, and takes the name {@code from} away, unless it is null. */
  private record Change(
      @Nullable Path from, @Nullable Path to, @Nullable String content) {
    Path directory() {
      return (to != null ? to : from).getParent();
    }

    void applyTo(Map<Path, String> files) {
      if (from != null) {
        files.remove(from);
      }
      if (to != null) {
        files.put(to, content);
      }
    }
  }

  private final Path root;
  private final int lastStep;
  private final Map<Path, String> synced;
  private final List<Change> pending = new ArrayList<>();
  private int step;

  /** @param lastStep the step in whose middle the power is lost */
  MortalDisk(Path root, int lastStep) throws IOException {
    this.root = root;
    this.lastStep = lastStep;
    this.synced = files(root);
  }

  private boolean isDead() {
    return step >= lastStep;
  }

  private void step() {
    if (++step >= lastStep) {
      throw new PowerLoss();
    }
  }

  @Override
  Checksum write(Path file, InputStream content) throws IOException {
    String text = new String(content.readAllBytes(), UTF_8);
    boolean dead = isDead();
    try {
      step();
    } catch (PowerLoss e) {
      if (!dead) {
        pending.add(new Change(null, file, text.substring(0, text.length() / 2)));
      }
      throw e;
    }
    pending.add(new Change(null, file, text));
    return super.write(file, new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  @Override
  void move(Path from, Path to) throws IOException {
    step();
    pending.add(new Change(from, to, Files.readString(from)));
    super.move(from, to);
  }

  @Override
  void delete(Path file) throws IOException {
    step();
    pending.add(new Change(file, null, null));
    super.delete(file);
  }

  @Override
  void sync(Path directory) throws IOException {
    step();
    for (Change change : pending) {
      if (change.directory().equals(directory)) {
        change.applyTo(synced);
      }
    }
    pending.removeIf(change -> change.directory().equals(directory));
  }

  /** How many selections there are; the last of them is everything. */
  int selections() {
    return 1 << pending.size();
  }

  /** Writes what is left into a new directory. */
  void survive(int selection, Path into) throws IOException {
    Map<Path, String> left = new HashMap<>(synced);
    for (int i = 0; i < pending.size(); i++) {
      if ((selection >> i & 1) == 1) {
        pending.get(i).applyTo(left);
      }
    }
    for (Map.Entry<Path, String> file : left.entrySet()) {
      Path copy = into.resolve(root.relativize(file.getKey()).toString());
      Files.createDirectories(copy.getParent());
      Files.writeString(copy, file.getValue());
    }
  }

  private static Map<Path, String> files(Path directory) throws IOException {
    Map<Path, String> files = new HashMap<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry)) {
          files.putAll(files(entry));
        } else {
          files.put(entry, Files.readString(entry));
        }
      }
    }
    return files;
  }
}
