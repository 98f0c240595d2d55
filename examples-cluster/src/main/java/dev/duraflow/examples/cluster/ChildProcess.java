package dev.duraflow.examples.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A JVM with this program's classes. It is to end at the end of its standard input, which comes when this process is gone, however
 * it went. Its errors are told where those of this process are. Signals to the group of this process, as of Ctrl-C, do not reach
 * it, where the system can do so: a killed group must not leave the database's server behind.
 */
public final class ChildProcess implements AutoCloseable {
  private static final int SECONDS_TO_END = 20;
  private static final Path SETSID = Path.of("/usr/bin/setsid");

  private final Process process;

  private ChildProcess(Process process) {
    this.process = process;
  }

  /** A JVM for a short program: the optimizing compiler would cost it more than it brings. */
  static ChildProcess start(Class<?> main, List<String> arguments) throws IOException {
    return start(List.of("-XX:TieredStopAtLevel=1"), main, arguments);
  }

  /** A JVM with more options. */
  public static ChildProcess start(List<String> options, Class<?> main, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(SETSID)) {
      command.add(SETSID.toString());
    }
    command.addAll(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-Xmx256m",
        "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir")));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return new ChildProcess(new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start());
  }

  /** What it prints, for one reader. */
  public BufferedReader output() {
    return process.inputReader();
  }

  long pid() {
    return process.pid();
  }

  /** As {@code kill -9} does. */
  public void kill() {
    process
        .toHandle()
        .destroyForcibly(); // the process itself would close its output before it is read
  }

  /** Waits for its end, and says whether a signal that nobody can heed was it. */
  boolean wasKilled() throws InterruptedException {
    return process.waitFor() == 128 + 9;
  }

  /** Lets it end, and sees to it that it does. */
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        return;
      }
    } catch (IOException e) { // it has ended already, or is about to be
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
  }
}
