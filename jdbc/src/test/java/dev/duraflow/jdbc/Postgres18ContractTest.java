package dev.duraflow.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.store.Store;
import dev.duraflow.testkit.StoreContract;
import org.junit.jupiter.api.AfterEach;

final class Postgres18ContractTest implements StoreContract {
  private final HikariDataSource pool =
      PostgresServer.pool(PostgresServer.shared(18).newDatabase(), 4);

  @Override
  public Store connect() {
    return JdbcStore.on(pool);
  }

  @Override
  public int manyRecords() {
    return 2_000;
  }

  @AfterEach
  void close() {
    pool.close();
  }
}
