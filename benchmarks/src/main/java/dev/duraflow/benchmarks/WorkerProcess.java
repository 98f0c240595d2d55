package dev.duraflow.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.cluster.ClusterWorker;
import dev.duraflow.examples.cluster.ChildProcess;
import dev.duraflow.examples.cluster.Parent;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A process with a worker; it ends with the one that started it. */
final class WorkerProcess {
  private static final String READY = "ready";

  private WorkerProcess() {}

  /** Returns when the worker is ready. */
  static ChildProcess start(Site site, int threads, boolean hangs) throws IOException {
    ChildProcess process = ChildProcess.start(
        List.of("-D" + PlacedTasks.HANGS + "=" + hangs),
        WorkerProcess.class,
        List.of(site.url(), Integer.toString(threads)));
    await(READY, process.output());
    return process;
  }

  /** Reads up to a line. */
  static void await(String line, BufferedReader output) throws IOException {
    String read = output.readLine();
    while (!line.equals(read)) {
      if (read == null) {
        throw new IOException("a worker ended before it said '" + line + "'");
      }
      read = output.readLine();
    }
  }

  /** Arguments: the URL of the database, and how many threads. */
  public static void main(String[] args) throws InterruptedException {
    Parent.whenGone(() -> Runtime.getRuntime().halt(0));
    HikariDataSource pool = Site.pool(args[0]);
    TaskWorker tasks = TaskWorker.on(Site.store(pool), PlacedTasks.ALL);
    ClusterWorker.start(pool, tasks, ClusterGrid.SETTINGS.withThreads(Integer.parseInt(args[1])));
    System.out.println(READY);
    new CountDownLatch(1).await();
  }
}
