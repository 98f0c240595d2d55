package dev.duraflow.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;

final class Postgres18StoreTest implements JdbcStoreContract {
  private final HikariDataSource pool =
      PostgresServer.pool(PostgresServer.shared(18).newDatabase(), 4);

  @Override
  public DataSource dataSource() {
    return pool;
  }

  @AfterEach
  void close() {
    pool.close();
  }
}
