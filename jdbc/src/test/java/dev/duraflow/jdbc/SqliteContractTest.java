package dev.duraflow.jdbc;

import dev.duraflow.store.Store;
import dev.duraflow.testkit.StoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

final class SqliteContractTest implements StoreContract {
  @TempDir
  Path directory;

  @Override
  public Store connect() {
    SQLiteDataSource file = new SQLiteDataSource();
    file.setUrl("jdbc:sqlite:" + directory.resolve("duraflow.db"));
    return JdbcStore.on(file);
  }

  @Override
  public int manyRecords() {
    return 500;
  }
}
