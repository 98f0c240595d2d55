package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables on a small disk of their own, where mounting one is allowed. */
final class FullDiskTest {
  private static final int TASKS = 60;
  private static final int OUTPUT_LENGTH = 200_000;

  private final PostgresServer server = PostgresServer.shared(18);
  private final Set<String> called = ConcurrentHashMap.newKeySet();

  @TempDir
  Path directory;

  private Path disk;
  private boolean isMounted;

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(directory.resolve("disk"));
    isMounted = System.getProperty("os.name").equals("Linux")
        && isDone("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", disk.toString());
    assumeTrue(isMounted, "mounting takes more rights");
  }

  @AfterEach
  void unmount() throws Exception {
    if (isMounted) {
      isDone("umount", "--lazy", disk.toString());
    }
  }

  private static boolean isDone(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
  }

  /** Of outputs that cannot be packed. */
  private Dag dag() {
    Dag dag = Dag.named("large");
    for (int i = 0; i < TASKS; i++) {
      int number = i;
      dag.task("task-" + i, () -> {
        called.add("task-" + number);
        byte[] output = new byte[OUTPUT_LENGTH];
        new Random(number).nextBytes(output);
        return output;
      });
    }
    return dag;
  }

  @Test
  void fullDisk_failsTheRun_whichGoesOnWhenThereIsRoom() throws Exception {
    Files.createDirectory(disk.resolve("space"));
    server.execute("postgres", "create tablespace small location '" + disk.resolve("space") + "'");
    String url = server.newDatabase() + "&options=-c%20default_tablespace=small";
    try (HikariDataSource pool = PostgresServer.pool(url, 4);
        JdbcStore store = JdbcStore.on(pool);
        Duraflow duraflow = Duraflow.builder().store(store).maxConcurrency(2).build()) {
      assertThatThrownBy(() -> duraflow.run(dag(), "run"))
          .isInstanceOf(RunFailedException.class)
          .rootCause()
          .hasMessageContaining("No space left on device");
      Set<String> before = Set.copyOf(called);
      called.clear();

      assertThat(isDone("mount", "-o", "remount,size=100m", disk.toString())).isTrue();
      Run run = duraflow.run(dag(), "run");

      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.reused()).isPositive().isLessThanOrEqualTo(before.size());
      assertThat(called)
          .as("nothing that was recorded is called again")
          .hasSize(TASKS - run.reused());
    } finally {
      // A tablespace must not be gone while a database has files in it.
      server.execute(
          "postgres", "drop database " + name(url) + " with (force)", "drop tablespace small");
    }
  }

  private static String name(String url) {
    return url.substring(url.lastIndexOf('/') + 1, url.indexOf('?'));
  }
}
