package dev.duraflow.cluster;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.Execution;
import com.github.kagkarlsson.scheduler.task.ExecutionComplete;
import com.github.kagkarlsson.scheduler.task.ExecutionOperations;
import com.github.kagkarlsson.scheduler.task.helper.CustomTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import dev.duraflow.TaskWorker;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.remote.Invocation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.sql.DataSource;

/**
 * Performs what {@linkplain ClusterEngine engines} in other processes have submitted, in threads of its own. Any process that has
 * the program's classes can hold one:
 *
 * {@snippet :
 * TaskWorker tasks = TaskWorker.on(store, DagFactories.of(Pages.FACTORY));
 * try (ClusterWorker worker = ClusterWorker.start(dataSource, tasks)) {
 *   new CountDownLatch(1).await(); // until the process is ended
 * }
 * }
 *
 * <p>It gives signs of life for what it performs. If it has given none for six heartbeats, others perform that anew, and what it
 * does after that counts only if it is recorded first. Thread-safe.
 *
 * <p>It keeps one connection of the data source for as long as it is open, to hear of notifications; besides, it takes one for each
 * thread now and then.
 */
public final class ClusterWorker implements AutoCloseable {
  private static final int MISSED_HEARTBEATS = 6;
  /** More is fetched when so much of the threads is busy or less. */
  private static final double FETCH_BELOW = 0.7;

  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);
  private static final Duration LEFT_ALONE = Duration.ofHours(1);
  private static final System.Logger LOG = System.getLogger("dev.duraflow.cluster");
  private static final String DUE = "duraflow_due";
  private static final String GIVEN_UP = "duraflow_given_up";

  private final TaskWorker tasks;
  private final Tables tables;
  private final DatabaseClock clock;
  private final Scheduler scheduler;
  private final ConcurrentMap<String, Invocation> performing = new ConcurrentHashMap<>();
  /** They are removed together. One that is not, as its worker dies, is taken over, and found to be recorded already. */
  private final Batches<Execution> performed;

  private final Notifications notifications;
  private volatile boolean closing;

  /** Starts a worker with default settings. */
  public static ClusterWorker start(DataSource dataSource, TaskWorker tasks) {
    return start(dataSource, tasks, ClusterSettings.defaults());
  }

  /**
   * Starts a worker; the tables are created if they are not there.
   *
   * @param tasks what performs tasks; it is the caller's to close, after this worker
   * @throws dev.duraflow.error.StoreException if the database cannot be reached, its tables are newer than this program, or a
   *     right on them is missing
   */
  public static ClusterWorker start(
      DataSource dataSource, TaskWorker tasks, ClusterSettings settings) {
    DataSource told = new TellableSource(dataSource);
    Tables tables = new Tables(told, settings, Rights.WORKER);
    tables.create();
    ClusterWorker worker = new ClusterWorker(told, tasks, settings, tables);
    worker.scheduler.start();
    return worker;
  }

  private ClusterWorker(
      DataSource dataSource, TaskWorker tasks, ClusterSettings settings, Tables tables) {
    this.tasks = tasks;
    this.tables = tables;
    this.clock = DatabaseClock.of(tables);
    this.performed = new Batches<>("duraflow-worker-remove", tables::remove);
    CustomTask<Invocation> performing = Tasks.custom(Invocations.TASK)
        .onFailure(ClusterWorker::retry)
        .execute((instance, context) -> {
          Invocation invocation;
          try {
            invocation = Invocations.of(instance);
          } catch (RuntimeException e) {
            return (complete, operations) -> putOff(complete, operations, e);
          }
          perform(instance.getId(), invocation);
          return (complete, operations) -> performed.add(complete.getExecution());
        });
    this.scheduler = Scheduler.create(dataSource, performing)
        .tableName(tables.executions())
        .serializer(Invocations.SERIALIZER)
        .threads(settings.threads())
        .pollUsingLockAndFetch(FETCH_BELOW, 1)
        .pollingInterval(settings.sweep())
        .heartbeatInterval(settings.heartbeat())
        .missedHeartbeatsLimit(MISSED_HEARTBEATS)
        .shutdownMaxWait(settings.shutdown())
        .clock(clock)
        .build();
    this.notifications = Notifications.of(
        "duraflow-worker", dataSource, settings.sweep(), List.of(DUE, GIVEN_UP), new Hearing());
  }

  /**
   * Leaves a row that is no invocation, for longer each time. It may be of a newer program, and then a worker of that may come and
   * know what to do with it.
   */
  private static void putOff(
      ExecutionComplete complete, ExecutionOperations<Invocation> operations, RuntimeException e) {
    Execution row = complete.getExecution();
    // Else it is known already, to the log of whichever worker.
    boolean isFirst = row.consecutiveFailures == 0;
    LOG.log(
        isFirst ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
        "row '" + Invocations.shown(row.getId()) + "' of duraflow_execution is no invocation: "
            + Invocations.shown(String.valueOf(e.getMessage()))
            + "; workers will look at it ever more rarely; delete it, unless a newer duraflow wrote it");
    Instant now = complete.getTimeDone();
    operations.reschedule(
        ExecutionComplete.failure(row, now.minus(complete.getDuration()), now, e),
        now.plus(doubled(row.consecutiveFailures, LEFT_ALONE)));
  }

  /** For an invocation that could not even fail: the database that is to be asked or told does not do its part. */
  private static void retry(
      ExecutionComplete complete, ExecutionOperations<Invocation> operations) {
    boolean isPassing = complete.getCause().filter(Tables::isPassing).isPresent();
    int failures = isPassing ? 0 : complete.getExecution().consecutiveFailures;
    operations.reschedule(complete, complete.getTimeDone().plus(doubled(failures, LONGEST_RETRY)));
  }

  /** The time until the next try, twice as long after each that failed. */
  private static Duration doubled(int failures, Duration longest) {
    Duration doubled = RETRY.multipliedBy(1L << Math.max(0, Math.min(failures, 30)));
    return doubled.compareTo(longest) < 0 ? doubled : longest;
  }

  /** Whatever is thrown here lets the invocation be performed again, here or elsewhere. */
  private void perform(String id, Invocation invocation) {
    performing.put(id, invocation);
    try {
      tasks.perform(invocation);
    } catch (RemoteTaskException | PlacementException e) {
      if (closing) { // perhaps it failed of being interrupted, so others are to try
        Thread.interrupted(); // or no connection could be had to tell
        throw e;
      }
      tables.keepFailure(id, e);
    } finally {
      performing.remove(id);
    }
  }

  private final class Hearing implements Notifications.Listener {
    @Override
    public void told(String channel, List<String> payloads) {
      if (channel.equals(DUE)) {
        scheduler.triggerCheckForDueExecutions();
      } else {
        payloads.forEach(this::giveUp);
      }
    }

    private void giveUp(String id) {
      Invocation invocation = performing.get(id);
      if (invocation != null) {
        tasks.cancel(invocation);
      }
    }

    @Override
    public void sweep() {
      clock.compare(tables);
      performed.again();
      tables.givenUp(Set.copyOf(performing.keySet())).forEach(this::giveUp);
      scheduler.triggerCheckForDueExecutions();
    }
  }

  /**
   * Takes nothing new, waits for the bodies that run for as long as the settings say, and then interrupts them and leaves them to
   * other workers.
   */
  @Override
  public void close() {
    closing = true;
    notifications.close();
    scheduler.stop();
    performed.close();
  }
}
