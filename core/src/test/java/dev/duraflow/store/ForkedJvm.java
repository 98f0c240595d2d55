package dev.duraflow.store;

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

  public static ForkedJvm of(Class<?> main, Object... arguments) throws IOException {
    return start("-Xshare:auto", main, arguments);
  }

  /** The same with a heap that takes so much at most, as in {@code -Xmx}. */
  public static ForkedJvm withHeap(String size, Class<?> main, Object... arguments)
      throws IOException {
    return start("-Xmx" + size, main, arguments);
  }

  private static ForkedJvm start(String option, Class<?> main, Object... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        option,
        "-cp",
        System.getProperty("java.class.path"),
        main.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process = new ProcessBuilder(command)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
    return new ForkedJvm(process);
  }

  public long pid() {
    return process.pid();
  }

  /** Its next line of output; null at the end. */
  public String readLine() throws IOException {
    return output.readLine();
  }

  /** Asks it to end, as SIGTERM does, and waits until it has; answers its exit value. */
  public int terminate() throws InterruptedException {
    process.toHandle().destroy();
    return process.waitFor();
  }

  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
