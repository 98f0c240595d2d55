package dev.duraflow.ignite;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.cluster.Effects;
import dev.duraflow.cluster.ForkedJvm;
import dev.duraflow.cluster.PostgresServer;
import dev.duraflow.jdbc.JdbcSettings;
import dev.duraflow.jdbc.JdbcStore;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A process that owns a run, until the run ends or the process is killed. */
final class RunProcess {
  /** Short, so that the next owner need not wait for long. */
  static final JdbcSettings STORE = JdbcSettings.defaults().withLease(Duration.ofSeconds(6));

  private RunProcess() {}

  /** A thin client needs less of its JVM than a server node. */
  static ForkedJvm start(Node node, String url, String runId, int elements) throws IOException {
    List<String> options = new ArrayList<>(WorkerProcess.ownOptions("--sun-misc-unsafe"));
    options.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
    options.add("--add-opens=java.base/java.util=ALL-UNNAMED");
    List<String> arguments = new ArrayList<>(List.of(url, runId, String.valueOf(elements)));
    arguments.addAll(node.arguments());
    return ForkedJvm.of(options, RunProcess.class, arguments.toArray());
  }

  /** Its arguments are the database's URL, the run's id, how many elements there are, and a node. */
  public static void main(String... arguments) throws InterruptedException {
    List<String> all = List.of(arguments);
    HikariDataSource pool = PostgresServer.pool(all.get(0), 20);
    Node node = Node.of(all.subList(3, all.size()));
    try (IgniteEngine engine = IgniteEngine.on(Node.client(node));
        Duraflow duraflow = Duraflow.builder()
            .store(JdbcStore.on(pool, STORE))
            .taskEngine(engine)
            .build()) {
      Effects.Work work = new Effects.Work(all.get(0), Integer.parseInt(all.get(2)));
      duraflow.start(Effects.FACTORY.create(work), all.get(1));
      System.out.println("ready");
      Thread.currentThread().join();
    }
  }
}
