package dev.duraflow.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/** A real PostgreSQL on this machine, with sync on as where it matters; gone with this JVM. */
final class PostgresServer implements AutoCloseable {
  private static final ConcurrentMap<Integer, PostgresServer> SHARED = new ConcurrentHashMap<>();
  private static final AtomicInteger DATABASES = new AtomicInteger();

  private final int version;
  private final Path data;
  private EmbeddedPostgres running;

  private PostgresServer(int version) throws IOException {
    this.version = version;
    this.data = Files.createTempDirectory("postgres-" + version + "-");
    this.running = start(0);
  }

  /** One for all tests of this JVM, which are not to stop it. */
  static PostgresServer shared(int version) {
    return SHARED.computeIfAbsent(version, PostgresServer::ofItsOwn);
  }

  static PostgresServer ofItsOwn(int version) {
    try {
      return new PostgresServer(version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private EmbeddedPostgres start(int port) throws IOException {
    return EmbeddedPostgres.builder()
        .setPgBinaryResolver((system, machine) -> {
          JarFile jar = new JarFile("target/postgres/" + version + ".jar");
          ZipEntry archive = jar.stream()
              .filter(entry -> entry.getName().endsWith(".txz"))
              .findFirst()
              .orElseThrow();
          return jar.getInputStream(archive);
        })
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setPort(port)
        .setLocaleConfig("locale", "C")
        .setLocaleConfig("encoding", "UTF8")
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .setServerConfig("max_connections", "100")
        .start();
  }

  int port() {
    return running.getPort();
  }

  /** The URL of a new, empty database. */
  String newDatabase() {
    String name = "test" + DATABASES.incrementAndGet();
    execute("postgres", "create database " + name);
    return "jdbc:postgresql://localhost:" + port() + "/" + name + "?user=postgres";
  }

  void execute(String database, String... statements) {
    try (Connection connection = running.getDatabase("postgres", database).getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  static HikariDataSource pool(String url, int size) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(10_000);
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  /** Ends all of the server at once, as a crash of its machine would. */
  void crash() throws IOException, InterruptedException {
    long pid =
        Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0).strip());
    ProcessHandle postmaster = ProcessHandle.of(pid).orElseThrow();
    ProcessHandle[] all = postmaster.descendants().toArray(ProcessHandle[]::new);
    new ProcessBuilder("kill", "-9", Long.toString(pid)).inheritIO().start().waitFor();
    for (ProcessHandle backend : all) {
      backend.destroyForcibly();
      backend.onExit().join();
    }
    postmaster.onExit().join();
  }

  void restart() throws IOException {
    int port = running.getPort();
    running.close(); // gives up its own lock
    Files.deleteIfExists(data.resolve("postmaster.pid"));
    running = start(port);
  }

  @Override
  public void close() {
    try {
      running.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
