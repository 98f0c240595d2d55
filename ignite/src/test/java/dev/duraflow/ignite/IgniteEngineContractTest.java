package dev.duraflow.ignite;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.cluster.PostgresServer;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.SharedStore;
import dev.duraflow.testkit.TaskEngineContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** With two workers, in two nodes in this process. */
final class IgniteEngineContractTest implements TaskEngineContract {
  private final HikariDataSource pool = PostgresServer.pool(PostgresServer.newDatabase(), 30);
  private final SharedStore store = JdbcStore.on(pool);
  private final TaskWorker tasks = TaskWorker.on(store, TaskEngineContract.factories());
  private final IgniteSettings settings =
      IgniteSettings.defaults().withThreads(4).withShutdown(Duration.ofSeconds(1));
  private final IgniteWorker first = IgniteWorker.start(LocalNodes.FIRST, tasks, settings);
  private final IgniteWorker second = IgniteWorker.start(LocalNodes.SECOND, tasks, settings);
  private final IgniteEngine engine =
      IgniteEngine.on(Node.client(LocalNodes.FIRST_NODE, LocalNodes.SECOND_NODE), settings);

  @AfterEach
  void close() {
    engine.close();
    first.close();
    second.close();
    tasks.close();
    pool.close();
  }

  @Override
  public SharedStore store() {
    return store;
  }

  @Override
  public TaskEngine engine() {
    return engine;
  }
}
