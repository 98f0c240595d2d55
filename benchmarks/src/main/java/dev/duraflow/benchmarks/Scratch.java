package dev.duraflow.benchmarks;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A directory for what is measured on the disk; it and all below is gone after {@link #close}. */
final class Scratch implements AutoCloseable {
  private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");

  private final Path root;

  private Scratch(Path root) {
    this.root = root;
  }

  /**
   * Makes a directory below another one, which is created if it is missing.
   *
   * @throws IllegalArgumentException if it isn't on a disk
   */
  static Scratch below(Path parent) throws IOException {
    Files.createDirectories(parent);
    String type = Files.getFileStore(parent).type();
    if (IN_MEMORY.contains(type)) {
      throw new IllegalArgumentException(
          parent + " is on " + type + ", which is memory; name a directory on a disk with --dir");
    }
    return new Scratch(Files.createTempDirectory(parent, "bench-"));
  }

  /** What is measured on, for the reader of the figures. */
  String disk() throws IOException {
    FileStore disk = Files.getFileStore(root);
    return disk.type() + " (" + disk.name() + ") at " + root;
  }

  /** A new, empty directory. */
  Path directory() throws IOException {
    return Files.createTempDirectory(root, "");
  }

  /** Does something in a new directory, which is deleted afterwards. */
  <T> T within(Use<T> use) throws Exception {
    Path directory = directory();
    try {
      return use.in(directory);
    } finally {
      delete(directory);
    }
  }

  @FunctionalInterface
  interface Use<T> {
    T in(Path directory) throws Exception;
  }

  /** The bytes of all files below a directory. */
  static long sizeOf(Path directory) throws IOException {
    long[] size = new long[1];
    Files.walkFileTree(directory, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        size[0] += attributes.size();
        return FileVisitResult.CONTINUE;
      }
    });
    return size[0];
  }

  static void delete(Path directory) throws IOException {
    Files.walkFileTree(directory, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
          throws IOException {
        Files.delete(file);
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult postVisitDirectory(Path emptied, @Nullable IOException failure)
          throws IOException {
        if (failure != null) {
          throw failure;
        }
        Files.delete(emptied);
        return FileVisitResult.CONTINUE;
      }
    });
  }

  @Override
  public void close() throws IOException {
    delete(root);
  }
}
