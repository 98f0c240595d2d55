package dev.duraflow.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.OpenRun;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
    onBoth(dataSource -> startTogether(dataSource, JdbcSettings.defaults()));
    try (HikariDataSource pool = PostgresServer.pool(PostgresServer.shared(18).newDatabase(), 10)) {
      startTogether(pool, JdbcSettings.defaults().withSchema("together"));
    }
  }

  private static void startTogether(DataSource dataSource, JdbcSettings settings) {
    CyclicBarrier together = new CyclicBarrier(8);
    List<CompletableFuture<Void>> starters = IntStream.range(0, 8)
        .mapToObj(i -> CompletableFuture.runAsync(
            () -> {
              try {
                together.await();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
              JdbcStore.on(dataSource, settings).open("run " + i).close();
            },
            task -> new Thread(task).start()))
        .toList();
    CompletableFuture.allOf(starters.toArray(CompletableFuture[]::new)).join();
    assertThat(JdbcStore.on(dataSource, settings).runs()).hasSize(8);
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
      executeScript(dataSource, JdbcStore.pendingMigrations(dataSource, settings));
      JdbcStore.on(dataSource, settings).open("run").close();
      assertThat(JdbcStore.pendingMigrations(dataSource, settings)).isEmpty();
    });
  }

  private static void executeScript(DataSource dataSource, String script) {
    execute(
        dataSource,
        Stream.of(script.split("(?m);\\s*$"))
            .map(String::strip)
            .filter(sql -> !sql.isEmpty())
            .toArray(String[]::new));
  }

  /** As duraflow made them when version 1 was all there was, with a run in them. */
  private static void makeVersion1(DataSource dataSource) {
    String name = dataSource instanceof SQLiteDataSource ? "sqlite" : "postgres";
    try (InputStream script = MigrationsTest.class.getResourceAsStream(name + "/1.sql")) {
      executeScript(dataSource, new String(script.readAllBytes(), UTF_8).replace("{schema}", ""));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    execute(
        dataSource,
        "create table duraflow_schema (version integer not null primary key, applied_at bigint not null)",
        "insert into duraflow_schema (version, applied_at) values (1, 0)",
        "insert into duraflow_run (run_id, created_at, changed_at, epoch) values ('old', 0, 0, 1)",
        "insert into duraflow_record (run, task_id, position, save_id, epoch, kind, codec, attempt,"
            + " started_at, finished_at, size, crc32c, chunks, payload)"
            + " select run, 'a', 1, 7, 1, 'OUTPUT', 'json', 1, 0, 0, 0, 0, 0, '' from duraflow_run");
  }

  @Test
  void tablesOfVersion1_areMigrated_andKeepWhatTheyHold() {
    onBoth(dataSource -> {
      makeVersion1(dataSource);
      JdbcStore store = JdbcStore.on(dataSource);
      try (OpenRun run = store.open("old")) {
        assertThat(run.find("a")).isPresent();
      }
      store.keepDurations("dag", Map.of("a", Duration.ofSeconds(1)));
      assertThat(store.durations("dag")).containsOnlyKeys("a");
      assertThat(JdbcStore.pendingMigrations(dataSource, JdbcSettings.defaults()))
          .isEmpty();
      try (Connection connection = dataSource.getConnection()) {
        assertThat(Dialect.queryText(connection, "select count(*) from duraflow_schema"))
            .isEqualTo("2");
      } catch (SQLException e) {
        throw new AssertionError(e);
      }
    });
  }

  @Test
  void tablesOfVersion1_whereTheyMayNotBeChanged_areRefused_andMigratedByTheScript() {
    onBoth(dataSource -> {
      makeVersion1(dataSource);
      JdbcSettings settings = JdbcSettings.defaults().withMigration(JdbcSettings.Migration.REFUSE);
      assertThatThrownBy(() -> JdbcStore.on(dataSource, settings))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("have version 1, and version 2 is needed");
      String script = JdbcStore.pendingMigrations(dataSource, settings);
      assertThat(script).contains("create table duraflow_duration").doesNotContain("duraflow_run");
      executeScript(dataSource, script);
      JdbcStore.on(dataSource, settings).open("old").close();
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
