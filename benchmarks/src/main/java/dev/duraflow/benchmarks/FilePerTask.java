package dev.duraflow.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Each output in a file of its own: written under another name, synced, renamed, and the directory synced. */
final class FilePerTask {
  static final String NAME = "a file a task";

  private FilePerTask() {}

  static double nanosPerSave(Path directory, Shape shape, byte[] output) throws IOException {
    long start = System.nanoTime();
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      for (int i = 0; i < shape.size(); i++) {
        Path written = directory.resolve(shape.id(i) + ".new");
        try (FileChannel file =
            FileChannel.open(written, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          ByteBuffer bytes = ByteBuffer.wrap(output);
          while (bytes.hasRemaining()) {
            file.write(bytes);
          }
          file.force(true);
        }
        Files.move(written, directory.resolve(shape.id(i)), StandardCopyOption.ATOMIC_MOVE);
        names.force(true);
      }
    }
    return (double) (System.nanoTime() - start) / shape.size();
  }

  /** Reads what was saved. */
  static double nanosPerLoad(Path directory, Shape shape) throws IOException {
    long start = System.nanoTime();
    for (int i = 0; i < shape.size(); i++) {
      Files.readAllBytes(directory.resolve(shape.id(i)));
    }
    return (double) (System.nanoTime() - start) / shape.size();
  }
}
