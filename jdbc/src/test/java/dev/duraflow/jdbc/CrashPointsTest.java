package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.Durability;
import dev.duraflow.testkit.CrashPoints;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.sqlite.SQLiteDataSource;

/** DAGs crashed at every record, on each database. */
final class CrashPointsTest {
  private static Dag dag() {
    Dag dag = Dag.named("crashed");
    Task<List<String>> keys =
        dag.task("keys", () -> List.of("x", "y", "z")).returns(new TypeRef<List<String>>() {});
    Task<List<String>> upper = dag.map("upper", keys, key -> key, String::toUpperCase);
    Task<String> large = dag.task("large", () -> "large ".repeat(100_000));
    Task<Integer> length = dag.task("length", large, String::length);
    Task<String> all = dag.task("all", upper, length, (texts, count) -> texts + " " + count);
    dag.expand("more", all, (in, text) -> in.task("inner", () -> text + "!"))
        .returns(TypeRef.of(String.class));
    return dag;
  }

  private static void survives(Function<Path, JdbcStore> stores) {
    Supplier<Dag> dags = CrashPointsTest::dag;
    CrashPoints.Tried tried = CrashPoints.of(dags).on(stores).maxConcurrency(4).everyPersist();
    assertThat(tried.points()).isEqualTo(tried.records()).isGreaterThan(8);
    CrashPoints.of(dags)
        .on(stores)
        .atMost(3)
        .running(builder -> builder.durability(Durability.PIPELINED))
        .everyPersist();
  }

  /** A schema for each place. */
  private static void survivesOnPostgres(int version) {
    ConcurrentMap<Path, String> schemas = new ConcurrentHashMap<>();
    try (HikariDataSource pool =
        PostgresServer.pool(PostgresServer.shared(version).newDatabase(), 4)) {
      survives(place -> JdbcStore.on(
          pool,
          JdbcSettings.defaults()
              .withSchema(schemas.computeIfAbsent(place, path -> "place" + schemas.size()))));
    }
  }

  @Test
  void dag_onPostgres14_survivesEveryCrash() {
    survivesOnPostgres(14);
  }

  @Test
  void dag_onPostgres18_survivesEveryCrash() {
    survivesOnPostgres(18);
  }

  @Test
  void dag_onSqlite_survivesEveryCrash() {
    survives(place -> {
      SQLiteDataSource file = new SQLiteDataSource();
      // Beside the directory, which is set back under the feet of who has files open in it.
      file.setUrl("jdbc:sqlite:" + place.resolveSibling("duraflow.db"));
      return JdbcStore.on(file);
    });
  }
}
