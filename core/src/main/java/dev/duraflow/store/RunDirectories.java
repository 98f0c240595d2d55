package dev.duraflow.store;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A directory that holds a directory for each run, named after it by {@link FileNames}. */
final class RunDirectories {
  private final Path root;
  private final Disk disk;

  RunDirectories(Path directory, Disk disk) {
    if (directory.getFileSystem() != FileSystems.getDefault()) {
      throw new IllegalArgumentException(
          "directory must be on the default file system: " + directory.toUri());
    }
    this.root = directory.toAbsolutePath();
    this.disk = disk;
  }

  Path root() {
    return root;
  }

  Disk disk() {
    return disk;
  }

  /** Creates what is missing. */
  void create() {
    try {
      disk.createDirectories(root);
    } catch (IOException e) {
      throw new StoreException(
          "cannot keep runs in " + root + ": " + FileStore.reason(e)
              + "; name a directory that can be written to, or one that can be created",
          e);
    }
  }

  /** The directory of a run; null if there is none. */
  @Nullable
  Path find(String runId) throws IOException {
    for (String name : FileNames.candidates(runId)) {
      Path path = root.resolve(name);
      if (Files.isDirectory(path) && isCalled(name, path)) {
        return path;
      }
    }
    return null;
  }

  /** On a disk that ignores case a path may lead to the directory of another id. */
  private static boolean isCalled(String name, Path path) throws IOException {
    try {
      return path.toRealPath(LinkOption.NOFOLLOW_LINKS).endsWith(name);
    } catch (NoSuchFileException e) {
      return false; // deleted just now
    }
  }

  /** The directory of a run, created if it is missing. */
  Path claim(String runId) throws IOException {
    disk.createDirectories(root);
    Path known = find(runId);
    if (known != null) {
      return known; // without a look at all the others
    }
    while (true) {
      NameTable names = NameTable.of(root);
      Path path = root.resolve(names.claim(runId));
      boolean present = names.find(runId) != null;
      if (present && !Files.isDirectory(path)) {
        throw new FileSystemException(
            path.toString(), null, "is a file, not the directory of a run");
      }
      // Where case is ignored, a name may be taken by another process for an id that differs in
      // case: look again.
      if (present || disk.createDirectory(path)) {
        return path;
      }
    }
  }
}
