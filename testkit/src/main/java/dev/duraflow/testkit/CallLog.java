package dev.duraflow.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A file to which bodies in any process of this machine write what they do, a line each. */
final class CallLog {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path file;

  CallLog(String file) {
    this.file = Path.of(file);
  }

  static CallLog inNewFile() {
    try {
      Path file = Files.createTempFile("calls", ".log");
      file.toFile().deleteOnExit();
      return new CallLog(file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String path() {
    return file.toString();
  }

  void add(String line) {
    try {
      Files.writeString(file, line + "\n", UTF_8, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> lines() {
    try {
      return Files.readAllLines(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns when a line has been written, by whichever process. */
  void await(String line) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!lines().contains(line)) {
      assertThat(System.nanoTime())
          .as("nobody wrote '%s' in %s, only %s", line, PATIENCE, lines())
          .isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
