package dev.duraflow.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.TaskWorker;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.event.RunState;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL that is killed in the middle of a run, with all its processes, and started again. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class DatabaseCrashTest {
  private static final int ELEMENTS = 30;
  private static final int THREADS = 4;

  private final AtomicInteger calls = new AtomicInteger();
  private final CountDownLatch begun = new CountDownLatch(THREADS);
  private final CountDownLatch go = new CountDownLatch(1);
  private final DagFactory<?> factory = DagFactory.named("crash", this::declare);

  @TempDir
  Path directory;

  private EmbeddedPostgres restarted;

  @AfterEach
  void stopServer() throws IOException {
    if (restarted != null) {
      restarted.close();
    }
  }

  private Dag declare() {
    Dag dag = Dag.named("crash"); // without retries: nothing may fail of this
    List<Task<Integer>> squares = IntStream.range(0, ELEMENTS)
        .mapToObj(n -> dag.task("square-" + n, () -> square(n)))
        .toList();
    dag.gather("sum", squares, all -> all.stream().mapToInt(n -> n).sum());
    return dag;
  }

  private int square(int n) throws InterruptedException {
    calls.incrementAndGet();
    begun.countDown();
    go.await();
    return n * n;
  }

  private EmbeddedPostgres start(int port) throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(directory.resolve("data"))
        .setCleanDataDirectory(false)
        .setPort(port)
        .setPGStartupWait(Duration.ofMinutes(1))
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .start();
  }

  /** Without asking, as a loss of power would end them. */
  private void killServer() throws IOException {
    String pid = Files.readAllLines(directory.resolve("data/postmaster.pid")).get(0);
    ProcessHandle server = ProcessHandle.of(Long.parseLong(pid.strip())).orElseThrow();
    List<ProcessHandle> all = new ArrayList<>(server.children().toList());
    all.add(0, server);
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(process -> process.onExit().join());
  }

  @Test
  void run_goesOn_whenTheDatabaseIsBack() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    EmbeddedPostgres killed = start(port);
    ClusterSettings settings =
        ClusterSettings.defaults().withThreads(THREADS).withHeartbeat(Duration.ofMillis(300));
    try (HikariDataSource pool =
            PostgresServer.pool(killed.getJdbcUrl("postgres", "postgres"), 20);
        TaskWorker tasks = TaskWorker.on(JdbcStore.on(pool), DagFactories.of(factory));
        ClusterEngine engine = ClusterEngine.on(pool, settings);
        ClusterWorker worker = ClusterWorker.start(pool, tasks, settings);
        Duraflow duraflow = Duraflow.builder()
            .store(JdbcStore.on(pool))
            .taskEngine(engine)
            .maxConcurrency(ELEMENTS / 2)
            .build()) {
      Run run = duraflow.start(factory.create(), "run");
      begun.await();
      killServer();
      killed.close(); // it has a lock
      go.countDown();
      restarted = start(port);
      assertThat(worker).isNotNull();
      run.await();

      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      assertThat(run.find("sum", Integer.class)).contains(8_555);
      assertThat(calls.get())
          .as("what was in flight may be called again")
          .isBetween(ELEMENTS, ELEMENTS + 2 * THREADS);
      assertThat(PostgresServer.text(pool, "select count(*) from duraflow_record"))
          .isEqualTo(String.valueOf(ELEMENTS + 1));
    }
  }
}
