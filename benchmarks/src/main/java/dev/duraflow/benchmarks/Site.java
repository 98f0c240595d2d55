package dev.duraflow.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.examples.cluster.Database;
import dev.duraflow.jdbc.JdbcSettings;
import dev.duraflow.jdbc.JdbcStore;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.postgresql.ds.PGSimpleDataSource;

/** A PostgreSQL that syncs each commit, in processes of its own, and connections to it. */
final class Site implements AutoCloseable {
  static final Duration LEASE = Duration.ofSeconds(5);

  private static final int CONNECTIONS = 10;

  private final Path directory;
  private final Database database;
  private final HikariDataSource pool;

  private Site(Path directory, Database database) {
    this.directory = directory;
    this.database = database;
    this.pool = pool(database.url());
  }

  static Site in(Path directory, Lab lab) throws IOException {
    return new Site(directory, Database.start(directory, lab::note));
  }

  static HikariDataSource pool(String url) {
    PGSimpleDataSource source =
        new PGSimpleDataSource(); // DriverManager would look at Ignite's, too
    source.setURL(url);
    HikariConfig config = new HikariConfig();
    config.setDataSource(source);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(0);
    return new HikariDataSource(config);
  }

  /** Where the database is; it is gone some time after all this is closed. */
  Path directory() {
    return directory;
  }

  String url() {
    return database.url();
  }

  HikariDataSource pool() {
    return pool;
  }

  JdbcStore store() {
    return store(pool);
  }

  static JdbcStore store(HikariDataSource pool) {
    return JdbcStore.on(pool, JdbcSettings.defaults().withLease(LEASE));
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    pool.close();
    database.close();
  }
}
