package dev.duraflow.examples.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** A PostgreSQL that syncs each commit, in a process of its own; it ends with this one, however this one ends. */
public final class Database implements AutoCloseable {
  private final ChildProcess process;
  private final String url;

  private Database(ChildProcess process, String url) {
    this.process = process;
    this.url = url;
  }

  /** Starts it on what is in a directory, and returns when it can be used. */
  public static Database start(Path directory, Consumer<String> messages) throws IOException {
    ChildProcess process = ChildProcess.start(DatabaseProcess.class, List.of(directory.toString()));
    try {
      return new Database(process, url(process.output(), directory, messages));
    } catch (IOException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  private static String url(BufferedReader output, Path directory, Consumer<String> messages)
      throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(DatabaseProcess.READY)) {
        return line.substring(DatabaseProcess.READY.length());
      }
      if (line.equals(DatabaseProcess.WAITING)) {
        messages.accept("another demo has the database in " + directory + "; waiting for its end");
      }
      if (line.startsWith(DatabaseProcess.FAILED)) {
        Path log = directory.resolve("log");
        throw new IOException("PostgreSQL could not be started in " + directory + ": "
            + line.substring(DatabaseProcess.FAILED.length())
            + (Files.exists(log) ? "; what it said itself is in " + log : ""));
      }
    }
    throw new IOException("the process with PostgreSQL ended before it was ready");
  }

  /** With its user; it wants no password from this machine. */
  public String url() {
    return url;
  }

  @Override
  public void close() {
    process.close();
  }
}
