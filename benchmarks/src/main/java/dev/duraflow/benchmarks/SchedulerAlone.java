package dev.duraflow.benchmarks;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.sql.SQLException;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * db-scheduler with nothing around it, in this process: the limit of tasks that are placed by it. Each task schedules the next one
 * when it is performed, so that so many are under way as there were at first.
 */
final class SchedulerAlone implements AutoCloseable {
  private static final String TABLE = "alone";

  private final Scheduler scheduler;
  private final OneTimeTask<Void> task;
  private final AtomicLong ids = new AtomicLong();
  private final AtomicInteger left = new AtomicInteger();
  private volatile CountDownLatch end = new CountDownLatch(0);

  /** @param site on which there has been an engine, whose table is taken for a pattern */
  SchedulerAlone(Site site, int threads) throws SQLException {
    site.execute(
        "create table if not exists " + TABLE + " (like duraflow_execution including all)");
    this.task = Tasks.oneTime("task").execute((instance, context) -> next());
    this.scheduler = Scheduler.create(site.pool(), task)
        .tableName(TABLE)
        .threads(threads)
        .pollUsingLockAndFetch(0.7, 1)
        .pollingInterval(ClusterGrid.SETTINGS.sweep())
        .build();
    scheduler.start();
  }

  private void next() {
    if (left.getAndDecrement() <= 0) {
      end.countDown();
      return;
    }
    String id = Long.toString(ids.incrementAndGet()); // the last one's row may still be there
    scheduler.schedule(task.instance(id), Instant.EPOCH);
    scheduler.triggerCheckForDueExecutions();
  }

  double nanosPerTask(int tasks, int inFlight) throws InterruptedException {
    long start = System.nanoTime();
    int first = Math.min(inFlight, tasks);
    end = new CountDownLatch(first);
    left.set(tasks);
    for (int i = 0; i < first; i++) {
      next(); // those before it may have left nothing for it
    }
    end.await();
    return (double) (System.nanoTime() - start) / tasks;
  }

  @Override
  public void close() {
    scheduler.stop();
  }
}
