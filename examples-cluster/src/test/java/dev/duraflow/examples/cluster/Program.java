package dev.duraflow.examples.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program of the examples in a process of its own; killed when closed. */
final class Program implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Process process;
  private final Path messages;

  private Program(Process process, Path messages) {
    this.process = process;
    this.messages = messages;
  }

  /** @param messages where its standard error goes */
  static Program start(String main, Path messages, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
        "-cp",
        System.getProperty("java.class.path"),
        main));
    command.addAll(List.of(arguments));
    return new Program(
        new ProcessBuilder(command)
            .redirectError(messages.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start(),
        messages);
  }

  String messages() throws IOException {
    return Files.readString(messages);
  }

  /** Returns when it has said a text. */
  void await(String text) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!messages().contains(text)) {
      assertThat(process.isAlive()).as(messages()).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).as(messages()).isLessThan(PATIENCE);
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
  }

  /** Waits for its end, which must be a good one, and returns what it has said. */
  String finish() throws IOException, InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as(messages())
        .isTrue();
    assertThat(process.exitValue()).as(messages()).isZero();
    return messages();
  }

  List<ProcessHandle> descendants() {
    return process.descendants().toList();
  }

  /** As {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
