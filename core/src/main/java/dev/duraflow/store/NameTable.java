package dev.duraflow.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The names that a directory holds, and the giving out of new ones. Thread-safe.
 *
 * <p>Of two ids whose names differ in case only, the first to come gets the plain name. That holds on disks that tell them apart
 * as well, so that a directory can be copied from any disk to any other.
 */
final class NameTable {
  private final Set<String> present = ConcurrentHashMap.newKeySet();
  /** Folded name to the name that came first. */
  private final ConcurrentMap<String, String> taken = new ConcurrentHashMap<>();

  /** The names in a directory that stand for ids. */
  static NameTable of(Path directory) throws IOException {
    NameTable names = new NameTable();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (FileNames.isName(name)) {
          names.add(name);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  void add(String name) {
    present.add(name);
    taken.putIfAbsent(FileNames.folded(name), name);
  }

  boolean contains(String name) {
    return present.contains(name);
  }

  /** The name under which an id is present; null if it is not. */
  @Nullable
  String find(String id) {
    String plain = FileNames.plain(id);
    if (present.contains(plain)) {
      return plain;
    }
    if (FileNames.isUnescaped(id) && present.contains(id)) {
      return id; // a device's name, written by another program
    }
    String distinct = FileNames.distinct(id);
    return present.contains(distinct) ? distinct : null;
  }

  /** The name under which an id is or will be present. Present it is only once it is added. */
  String claim(String id) {
    String known = find(id);
    if (known != null) {
      return known;
    }
    String plain = FileNames.plain(id);
    String holder = taken.putIfAbsent(FileNames.folded(plain), plain);
    return holder == null || holder.equals(plain) ? plain : FileNames.distinct(id);
  }
}
