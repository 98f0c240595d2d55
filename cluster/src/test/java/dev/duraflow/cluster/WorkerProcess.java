package dev.duraflow.cluster;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.jdbc.JdbcStore;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A process with a worker, until it is killed. */
final class WorkerProcess {
  private WorkerProcess() {}

  /**
   * Starts the worker and stays.
   *
   * @param arguments the database's URL, how many threads, milliseconds between heartbeats
   */
  public static void main(String... arguments) throws InterruptedException {
    HikariDataSource pool = PostgresServer.pool(arguments[0], 20);
    TaskWorker tasks = TaskWorker.on(JdbcStore.on(pool), Effects.FACTORIES);
    ClusterWorker.start(
        pool,
        tasks,
        ClusterSettings.defaults()
            .withThreads(Integer.parseInt(arguments[1]))
            .withHeartbeat(Duration.ofMillis(Integer.parseInt(arguments[2]))));
    System.out.println("ready");
    new CountDownLatch(1).await();
  }
}
