package dev.duraflow.testkit;

import dev.duraflow.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where the store of one trial is: what one process leaves there is found by the next. */
sealed interface Place extends AutoCloseable {
  /** A connection as a process would have it. */
  Store connect();

  /** Remembers what is there now. */
  void photograph();

  /** Makes it what it was when it was photographed, whatever was done since; to be called when nobody is connected. */
  void restore();

  /** Takes the place away. */
  @Override
  void close();

  static Place inMemory() {
    return new Memory(Store.inMemory());
  }

  static Place inDirectory(Function<Path, ? extends Store> stores) {
    try {
      return new Directory(Files.createTempDirectory("crash-points"), stores);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The store in memory does nothing behind anybody's back, when it is closed for instance, and needs no restoring. */
  record Memory(Store store) implements Place {
    @Override
    public Store connect() {
      return store;
    }

    @Override
    public void photograph() {}

    @Override
    public void restore() {}

    @Override
    public void close() {
      store.close();
    }
  }

  /** The store's own directory below {@code parent}, and beside it the copy of it. */
  record Directory(Path parent, Function<Path, ? extends Store> stores) implements Place {
    @Override
    public Store connect() {
      return stores.apply(store());
    }

    private Path store() {
      return parent.resolve("store");
    }

    private Path copy() {
      return parent.resolve("copy");
    }

    @Override
    public void photograph() {
      unchecked(() -> {
        if (Files.exists(store())) {
          Files.walkFileTree(store(), new Copy(store(), copy()));
        }
      });
    }

    @Override
    public void restore() {
      unchecked(() -> {
        if (Files.exists(copy())) {
          delete(store());
          Files.move(copy(), store());
        }
      });
    }

    @Override
    public void close() {
      unchecked(() -> delete(parent));
    }

    private static void delete(Path directory) throws IOException {
      Files.walkFileTree(directory, new Deletion());
    }

    private interface Change {
      void make() throws IOException;
    }

    private static void unchecked(Change change) {
      try {
        change.make();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Copies a tree in which others may still be at work: what vanishes meanwhile is left out. */
  final class Copy extends SimpleFileVisitor<Path> {
    private final Path from;
    private final Path to;

    Copy(Path from, Path to) {
      this.from = from;
      this.to = to;
    }

    private Path target(Path source) {
      return to.resolve(from.relativize(source));
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
        throws IOException {
      Files.createDirectories(target(directory));
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      try {
        Files.copy(file, target(file));
      } catch (NoSuchFileException e) {
        return FileVisitResult.CONTINUE;
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (failure instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw failure;
    }
  }

  /** Deletes a tree. */
  final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
