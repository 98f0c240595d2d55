package dev.duraflow.cluster;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.SharedStore;
import dev.duraflow.testkit.TaskEngineContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** With two workers in this process. */
final class ClusterEngineContractTest implements TaskEngineContract {
  private final HikariDataSource pool = PostgresServer.pool(PostgresServer.newDatabase(), 30);
  private final SharedStore store = JdbcStore.on(pool);
  private final TaskWorker tasks = TaskWorker.on(store, TaskEngineContract.factories());
  private final ClusterSettings settings =
      ClusterSettings.defaults().withThreads(4).withShutdown(Duration.ofSeconds(1));
  private final ClusterEngine engine = ClusterEngine.on(pool, settings);
  private final ClusterWorker first = ClusterWorker.start(pool, tasks, settings);
  private final ClusterWorker second = ClusterWorker.start(pool, tasks, settings);

  @AfterEach
  void close() {
    first.close();
    second.close();
    engine.close();
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
