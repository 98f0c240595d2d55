package dev.duraflow.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A second process that runs a main class of the tests; killed when closed. */
public final class ForkedJvm implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private ForkedJvm(Process process) {
    this.process = process;
    this.output = process.inputReader();
  }

  /** Returns when the process has said that it is ready, by a line of output. */
  public static ForkedJvm of(Class<?> main, Object... arguments) throws IOException {
    return of(List.of(), main, arguments);
  }

  /** The same, with options of the JVM. */
  public static ForkedJvm of(List<String> options, Class<?> main, Object... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(
        List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(options);
    command.addAll(
        List.of("-Xmx256m", "-cp", System.getProperty("java.class.path"), main.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    ForkedJvm forked = new ForkedJvm(new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start());
    if (forked.output.readLine() == null) {
      throw new AssertionError(main + " ended before it was ready");
    }
    return forked;
  }

  public long pid() {
    return process.pid();
  }

  /** Sends {@code STOP}, {@code CONT} or another signal. */
  public void signal(String name) throws IOException, InterruptedException {
    int exit = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
        .inheritIO()
        .start()
        .waitFor();
    if (exit != 0) {
      throw new AssertionError("kill -" + name + " failed with " + exit);
    }
  }

  /** As {@code kill -9}. */
  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
