package dev.duraflow.ignite;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.cluster.Effects;
import dev.duraflow.cluster.PostgresServer;
import dev.duraflow.jdbc.JdbcSettings;
import dev.duraflow.jdbc.JdbcStore;
import java.time.Duration;
import java.util.List;

/** A process that owns a run, until the run ends or the process is killed. Its JVM has no options for Ignite. */
final class RunProcess {
  /** Short, so that the next owner need not wait for long. */
  static final JdbcSettings STORE = JdbcSettings.defaults().withLease(Duration.ofSeconds(6));

  private RunProcess() {}

  /** Its arguments are the database's URL, how many elements there are, and a node. */
  public static void main(String... arguments) throws InterruptedException {
    List<String> all = List.of(arguments);
    HikariDataSource pool = PostgresServer.pool(all.get(0), 20);
    Node node = Node.of(all.subList(2, all.size()));
    try (IgniteEngine engine = IgniteEngine.on(Node.client(node));
        Duraflow duraflow = Duraflow.builder()
            .store(JdbcStore.on(pool, STORE))
            .taskEngine(engine)
            .build()) {
      Effects.Work work = new Effects.Work(all.get(0), Integer.parseInt(all.get(1)));
      duraflow.start(Effects.FACTORY.create(work), "run");
      System.out.println("ready");
      Thread.currentThread().join();
    }
  }
}
