package dev.duraflow.jdbc;

import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

final class SqliteStoreTest implements JdbcStoreContract {
  @TempDir
  Path place;

  @Override
  public DataSource dataSource() {
    SQLiteDataSource file = new SQLiteDataSource();
    file.setUrl("jdbc:sqlite:" + place.resolve("duraflow.db"));
    return file;
  }
}
