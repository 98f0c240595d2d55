package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Who executes runs needs no more rights than {@code docs/formats.md} says, and does with them. */
final class RightsTest {
  private static String[] grants() throws IOException {
    String page = Files.readString(Path.of("../docs/formats.md"));
    Matcher block = Pattern.compile(
            "<!-- rights of a coordinator -->\\s*```sql\\n(.*?)```", Pattern.DOTALL)
        .matcher(page);
    assertThat(block.find()).isTrue();
    return block.group(1).strip().split(";\\s*");
  }

  @Test
  void coordinator_withTheLeastRights_runsAndCannotDoMore() throws IOException {
    PostgresServer server = PostgresServer.shared(18);
    String url = server.newDatabase();
    String database = url.substring(url.lastIndexOf('/') + 1, url.indexOf('?'));
    try (HikariDataSource owner = PostgresServer.pool(url, 2)) {
      JdbcSettings settings = JdbcSettings.defaults().withSchema("duraflow");
      JdbcStore.on(owner, settings);
      server.execute(database, "drop role if exists coordinator", "create role coordinator login");
      server.execute(database, grants());
      try (HikariDataSource pool = PostgresServer.pool(
          url.replace("postgres", "coordinator").replace("jdbc:coordinator", "jdbc:postgres"), 2)) {
        JdbcStore store = JdbcStore.on(pool, settings);
        Dag dag = Dag.named("small");
        Task<String> large = dag.task("large", () -> "x".repeat(1_000_000));
        Task<Integer> length = dag.task("length", large, String::length);
        Run run = Duraflow.builder().store(store).build().run(dag, "run");
        assertThat(run.get(length)).isEqualTo(1_000_000);
        try (OpenRun again = store.open("run");
            OpenRun guest = store.join("run", again.epoch())) {
          assertThat(guest.find("length")).isPresent();
          assertThat(store.cancel("run")).isTrue();
        }
        assertThat(store.runs().get(0).state()).isEqualTo(RunState.SUCCEEDED);
        store.keepDurations("small", Map.of("large", Duration.ofSeconds(1)));
        store.keepDurations("small", Map.of("large", Duration.ofSeconds(2)));
        assertThat(store.durations("small")).containsEntry("large", Duration.ofSeconds(2));
        assertThatThrownBy(() -> store.delete("run"))
            .isInstanceOf(StoreException.class)
            .hasMessageContaining("permission denied for table duraflow_note")
            .hasMessageContaining("docs/formats.md");
        assertThatThrownBy(() -> MigrationsTest.execute(pool, "drop table duraflow.duraflow_run"))
            .hasMessageContaining("must be owner");
        for (String table : List.of("duraflow_record", "duraflow_duration")) {
          assertThatThrownBy(() -> MigrationsTest.execute(pool, "delete from duraflow." + table))
              .hasMessageContaining("permission denied");
        }

        // As whoever granted rights before there was that table.
        server.execute(database, "revoke all on duraflow.duraflow_duration from coordinator");
        assertThatThrownBy(() -> store.durations("small"))
            .hasMessageContaining("permission denied");
        assertThat(Duraflow.builder().store(store).build().run(dag, "without").state())
            .isEqualTo(RunState.SUCCEEDED);
      }
      assertThat(JdbcStore.on(owner, settings).delete("run")).isTrue();
      server.execute(database, "drop owned by coordinator", "drop role coordinator");
    }
  }
}
