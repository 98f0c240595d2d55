package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.OpenRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** Tables are made and changed, by whoever may. */
final class MigrationsTest {
  @TempDir
  Path directory;

  private void onBoth(Consumer<DataSource> test) {
    try (HikariDataSource pool = PostgresServer.pool(PostgresServer.shared(18).newDatabase(), 10)) {
      test.accept(pool);
    }
    SQLiteDataSource file = new SQLiteDataSource();
    file.setUrl("jdbc:sqlite:" + directory.resolve("duraflow.db"));
    test.accept(file);
  }

  static void execute(DataSource dataSource, String... sql) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      for (String one : sql) {
        statement.execute(one);
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void startersAtTheSameTime_makeTheTablesOnce() {
    onBoth(dataSource -> {
      CyclicBarrier together = new CyclicBarrier(8);
      List<CompletableFuture<Void>> starters = IntStream.range(0, 8)
          .mapToObj(i -> CompletableFuture.runAsync(
              () -> {
                try {
                  together.await();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
                JdbcStore.on(dataSource).open("run " + i).close();
              },
              task -> new Thread(task).start()))
          .toList();
      CompletableFuture.allOf(starters.toArray(CompletableFuture[]::new)).join();
      assertThat(JdbcStore.on(dataSource).runs()).hasSize(8);
    });
  }

  @Test
  void newerTables_areRefused() {
    onBoth(dataSource -> {
      JdbcStore.on(dataSource);
      execute(dataSource, "insert into duraflow_schema (version, applied_at) values (99, 0)");
      for (JdbcSettings.Migration migration : JdbcSettings.Migration.values()) {
        assertThatThrownBy(
                () -> JdbcStore.on(dataSource, JdbcSettings.defaults().withMigration(migration)))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("have version 99")
            .hasMessageContaining("knows versions up to " + Migrations.VERSION)
            .hasMessageContaining("use the newer duraflow");
      }
    });
  }

  @Test
  void missingTables_areRefusedIfAsked_andMadeByTheScript() {
    onBoth(dataSource -> {
      JdbcSettings settings = JdbcSettings.defaults().withMigration(JdbcSettings.Migration.REFUSE);
      assertThatThrownBy(() -> JdbcStore.on(dataSource, settings))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("JdbcStore.pendingMigrations");
      String script = JdbcStore.pendingMigrations(dataSource, settings);
      execute(
          dataSource,
          Stream.of(script.split("(?m);$"))
              .map(String::strip)
              .filter(sql -> !sql.isEmpty())
              .toArray(String[]::new));
      JdbcStore.on(dataSource, settings).open("run").close();
      assertThat(JdbcStore.pendingMigrations(dataSource, settings)).isEmpty();
    });
  }

  @Test
  void schemas_holdStoresOfTheirOwn() {
    try (HikariDataSource pool = PostgresServer.pool(PostgresServer.shared(18).newDatabase(), 4)) {
      JdbcStore one = JdbcStore.on(pool, JdbcSettings.defaults().withSchema("One"));
      JdbcStore other = JdbcStore.on(pool, JdbcSettings.defaults().withSchema("other"));
      try (OpenRun run = one.open("run");
          OpenRun same = other.open("run")) {
        assertThat(run.epoch()).isPositive();
        assertThat(same.epoch()).isPositive();
      }
      assertThat(JdbcStore.on(pool).runs()).isEmpty();
    }
    assertThatThrownBy(() -> JdbcSettings.defaults().withSchema("x\"; drop table y; --"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void schema_onSqlite_isRefused() {
    SQLiteDataSource file = new SQLiteDataSource();
    file.setUrl("jdbc:sqlite:" + directory.resolve("duraflow.db"));
    assertThatThrownBy(() -> JdbcStore.on(file, JdbcSettings.defaults().withSchema("x")))
        .hasMessageContaining("SQLite has no schemas");
  }
}
