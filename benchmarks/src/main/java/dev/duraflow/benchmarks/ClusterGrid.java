package dev.duraflow.benchmarks;

import dev.duraflow.cluster.ClusterEngine;
import dev.duraflow.cluster.ClusterSettings;
import dev.duraflow.examples.cluster.ChildProcess;
import dev.duraflow.remote.TaskEngine;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Workers to which db-scheduler brings tasks. */
final class ClusterGrid implements Grid {
  static final ClusterSettings SETTINGS =
      ClusterSettings.defaults().withHeartbeat(Duration.ofMillis(500));

  private final ClusterEngine engine;
  private final List<ChildProcess> workers = new ArrayList<>();
  private final SchedulerAlone alone;

  /** @param threads of all workers together */
  ClusterGrid(Site site, int threads) throws IOException, SQLException {
    engine = ClusterEngine.on(site.pool(), SETTINGS);
    alone = new SchedulerAlone(site, threads);
    try {
      for (int i = 0; i < WORKERS; i++) {
        workers.add(WorkerProcess.start(site, threads / WORKERS, false));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  @Override
  public TaskEngine engine() {
    return engine;
  }

  @Override
  public String alone() {
    return "db-scheduler alone";
  }

  @Override
  public double nanosAlone(int tasks, int inFlight) throws InterruptedException {
    return alone.nanosPerTask(tasks, inFlight);
  }

  @Override
  public void close() {
    alone.close();
    workers.forEach(ChildProcess::close);
    engine.close();
  }
}
