package dev.duraflow.examples.cluster;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A process that has a PostgreSQL for as long as its parent lives. The server is no child of the demo itself since it would outlive a
 * demo that is killed.
 *
 * <p>Below its directory are {@code data}, {@code log}, and a {@code lock} that one such process has at a time. While {@code
 * data} is made there is a file {@code unfinished}.
 */
final class DatabaseProcess {
  static final String READY = "ready ";
  static final String WAITING = "waiting";
  static final String FAILED = "failed ";

  private static final Duration START = Duration.ofMinutes(1);

  private final Path data;
  private final Path unfinished;
  private final Path log;

  private DatabaseProcess(Path directory) {
    this.data = directory.resolve("data");
    this.unfinished = directory.resolve("unfinished");
    this.log = directory.resolve("log");
  }

  /**
   * Starts the server and stays until the parent is gone.
   *
   * @param arguments the directory
   */
  public static void main(String... arguments) throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    Parent.whenGone(end::countDown);
    try {
      run(Path.of(arguments[0]).toAbsolutePath(), end);
    } catch (IOException | RuntimeException e) {
      tell(FAILED + e);
    }
    System.exit(0); // whatever threads the server's log has
  }

  private static void run(Path directory, CountDownLatch end)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    try (FileChannel channel = FileChannel.open(directory.resolve("lock"), CREATE, WRITE);
        FileLock lock = lock(channel, end)) {
      if (lock == null) {
        return;
      }
      DatabaseProcess database = new DatabaseProcess(directory);
      database.endFormerServer();
      try (EmbeddedPostgres server = database.start()) {
        tell(READY + server.getJdbcUrl("postgres", "postgres"));
        end.await();
      }
    }
  }

  /** Null if the parent has gone meanwhile. */
  private static @Nullable FileLock lock(FileChannel channel, CountDownLatch end)
      throws IOException, InterruptedException {
    FileLock lock = channel.tryLock();
    if (lock == null) {
      tell(WAITING);
    }
    while (lock == null) {
      if (end.await(50, TimeUnit.MILLISECONDS)) {
        return null;
      }
      lock = channel.tryLock();
    }
    return lock;
  }

  /** There is one if its process, which had the lock, was killed, or could not wait for the server's end. */
  private void endFormerServer() throws IOException, InterruptedException {
    Path pid = data.resolve("postmaster.pid");
    if (!Files.exists(pid)) {
      return;
    }
    List<String> lines = Files.readAllLines(pid);
    ProcessHandle former = lines.isEmpty()
        ? null
        : ProcessHandle.of(Long.parseLong(lines.get(0).strip())).orElse(null);
    if (former != null && former.info().command().orElse("").endsWith("postgres")) {
      // What Java can send lets the server wait for its clients.
      new ProcessBuilder("kill", "-INT", Long.toString(former.pid())).start().waitFor();
      former.onExit().join();
    }
  }

  private EmbeddedPostgres start() throws IOException {
    if (Files.exists(unfinished)) {
      delete(data);
    }
    if (!Files.exists(data)) {
      Files.writeString(unfinished, "data is deleted if this is here at the next start\n");
    }
    EmbeddedPostgres server = EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setPGStartupWait(START)
        .setLocaleConfig("locale", "C")
        .setLocaleConfig("encoding", "UTF8")
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .setServerConfig("max_connections", "200")
        .setErrorRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .setOutputRedirector(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
    Files.deleteIfExists(unfinished);
    return server;
  }

  private static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private static void tell(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
