package dev.duraflow.cluster;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.jdbc.JdbcSettings;
import dev.duraflow.jdbc.JdbcStore;
import java.time.Duration;

/** A process that owns a run, until the run ends or the process is killed. */
final class RunProcess {
  /** Short, so that the next owner need not wait for long. */
  static final JdbcSettings STORE = JdbcSettings.defaults().withLease(Duration.ofSeconds(6));

  private RunProcess() {}

  /** Its arguments are the database's URL and how many elements there are. */
  public static void main(String... arguments) throws InterruptedException {
    HikariDataSource pool = PostgresServer.pool(arguments[0], 20);
    try (ClusterEngine engine = ClusterEngine.on(pool);
        Duraflow duraflow = Duraflow.builder()
            .store(JdbcStore.on(pool, STORE))
            .taskEngine(engine)
            .build()) {
      Effects.Work work = new Effects.Work(arguments[0], Integer.parseInt(arguments[1]));
      duraflow.start(Effects.FACTORY.create(work), "run");
      System.out.println("ready");
      Thread.currentThread().join();
    }
  }
}
