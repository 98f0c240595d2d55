package dev.duraflow.cluster;

import com.github.kagkarlsson.scheduler.SchedulerClient;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.PlacementException;
import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Places tasks with the {@linkplain ClusterWorker workers} of other processes, by db-scheduler and a table in the PostgreSQL in
 * which the runs are: no other server, port or protocol. Workers may come and go at any time; the invocations of one that dies
 * are performed by others.
 *
 * {@snippet :
 * try (ClusterEngine engine = ClusterEngine.on(dataSource);
 *     Duraflow duraflow = Duraflow.builder().store(store).taskEngine(engine).build()) {
 *   duraflow.run(Pages.FACTORY.create(new Site("https://example.org")), "crawl-7");
 * }
 * }
 *
 * <p>What is submitted is a row; a trigger tells the workers. When it has been performed the row is gone, and a trigger tells this
 * engine, which looks whether it left a failure. A sweep at intervals finds what nobody was told of. Thread-safe.
 *
 * <p>It keeps one connection of the data source for as long as it is open, to hear of notifications.
 */
public final class ClusterEngine implements TaskEngine, AutoCloseable {
  /** Clocks of processes differ by less, so that nothing is due later for others than it is here. */
  private static final Duration MARGIN = Duration.ofMinutes(1);

  private static final System.Logger LOG = System.getLogger("dev.duraflow.cluster");
  private static final int SECONDS_TO_GIVE_UP = 10;
  private static final String DONE = "duraflow_done";

  private final Tables tables;
  private final DatabaseClock clock;
  private final SchedulerClient client;
  private final ConcurrentMap<String, UnderWay> underWay = new ConcurrentHashMap<>();
  private final Queue<String> givenUp = new ConcurrentLinkedQueue<>();
  private final ThreadPoolExecutor canceller = canceller();
  private final Notifications notifications;
  private volatile boolean closed;

  /** An engine with default settings. */
  public static ClusterEngine on(DataSource dataSource) {
    return on(dataSource, ClusterSettings.defaults());
  }

  /**
   * An engine on a database; its tables are created if they are not there.
   *
   * @throws dev.duraflow.error.StoreException if the database cannot be reached, or its tables are newer than this program
   */
  public static ClusterEngine on(DataSource dataSource, ClusterSettings settings) {
    Tables tables = new Tables(dataSource, settings);
    tables.create();
    return new ClusterEngine(dataSource, settings, tables);
  }

  private ClusterEngine(DataSource dataSource, ClusterSettings settings, Tables tables) {
    this.tables = tables;
    this.clock = DatabaseClock.of(tables);
    this.client = SchedulerClient.Builder.create(dataSource)
        .tableName(tables.executions())
        .serializer(Invocations.SERIALIZER)
        .build();
    this.notifications = Notifications.of(
        "duraflow-engine", dataSource, settings.sweep(), List.of(DONE), new Hearing());
  }

  /** One thread, which is there when there is something to do; it takes nothing any more when it is shut down. */
  private static ThreadPoolExecutor canceller() {
    ThreadPoolExecutor canceller = new ThreadPoolExecutor(
        1,
        1,
        5,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = new Thread(task, "duraflow-engine-cancel");
          thread.setDaemon(true);
          return thread;
        },
        new ThreadPoolExecutor.DiscardPolicy());
    canceller.allowCoreThreadTimeOut(true);
    return canceller;
  }

  /** An invocation whose end is awaited. It is forgotten before it completes. */
  private final class UnderWay extends CompletableFuture<Void> {
    final Invocation invocation;
    final String id;
    /** There is a row, or there was. */
    volatile boolean submitted;

    UnderWay(Invocation invocation, String id) {
      this.invocation = invocation;
      this.id = id;
    }

    void end(@Nullable Throwable failure) {
      underWay.remove(id, this);
      if (failure == null) {
        complete(null);
      } else {
        completeExceptionally(failure);
      }
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      underWay.remove(id, this);
      boolean wasCancelled = super.cancel(mayInterrupt);
      if (wasCancelled && submitted) {
        giveUp(id);
      }
      return wasCancelled;
    }
  }

  @Override
  public CompletionStage<Void> submit(Invocation invocation) {
    String id = Invocations.id(invocation);
    UnderWay own = new UnderWay(invocation, id);
    UnderWay other = underWay.putIfAbsent(id, own);
    if (other != null) {
      return other;
    }
    try {
      checkOpen(invocation);
      client.scheduleIfNotExists(
          Invocations.TASK.instance(id).data(invocation).build(), clock.now().minus(MARGIN));
      own.submitted = true;
      if (own.isCancelled()) { // before there was anything to give up
        giveUp(id);
      }
    } catch (RuntimeException e) {
      own.end(e);
    }
    return own;
  }

  private void checkOpen(Invocation invocation) {
    if (closed) {
      throw new PlacementException(
          invocation.taskId(), invocation.runId(), "the engine is closed", null);
    }
  }

  /** In another thread: who cancels is not to wait for a database. */
  private void giveUp(String id) {
    givenUp.add(id);
    canceller.execute(this::giveUpAll);
  }

  /** All at once, since a run that is cancelled gives up very many. */
  private void giveUpAll() {
    List<String> ids = new ArrayList<>();
    for (String id = givenUp.poll(); id != null; id = givenUp.poll()) {
      ids.add(id);
    }
    if (ids.isEmpty()) {
      return;
    }
    try {
      tables.giveUp(ids);
    } catch (RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "workers could not be asked to give up " + ids.size()
              + " invocations; they are performed in vain",
          e);
    }
  }

  private final class Hearing implements Notifications.Listener {
    @Override
    public void told(String channel, List<String> payloads) {
      List<String> mine =
          payloads.stream().filter(underWay::containsKey).distinct().toList();
      if (!mine.isEmpty()) {
        end(mine);
      }
    }

    @Override
    public void sweep() {
      clock.compare(tables);
      List<String> submitted = new ArrayList<>();
      for (UnderWay one : underWay.values()) {
        if (one.submitted) {
          submitted.add(one.id);
        }
      }
      if (submitted.isEmpty()) {
        return;
      }
      Set<String> there = tables.stillThere(submitted);
      submitted.removeAll(there);
      if (!submitted.isEmpty()) {
        end(submitted);
      }
    }
  }

  /** These have been performed, or have been taken away. */
  private void end(Collection<String> ids) {
    Map<String, Function<Invocation, DuraflowException>> failures = tables.takeFailures(ids);
    for (String id : ids) {
      UnderWay ended = underWay.get(id);
      if (ended != null) {
        Function<Invocation, DuraflowException> failure = failures.get(id);
        ended.end(failure == null ? null : failure.apply(ended.invocation));
      }
    }
  }

  /** Stops listening. What is under way is performed all the same, but nobody is told; its stages fail. */
  @Override
  public void close() {
    closed = true;
    notifications.close();
    canceller.shutdown();
    awaitCanceller();
    giveUpAll();
    for (UnderWay one : underWay.values()) {
      one.end(new PlacementException(
          one.invocation.taskId(), one.invocation.runId(), "the engine was closed", null));
    }
  }

  /** What was cancelled before this engine is closed is given up then, unless the database does not answer. */
  private void awaitCanceller() {
    try {
      if (!canceller.awaitTermination(SECONDS_TO_GIVE_UP, TimeUnit.SECONDS)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "what was cancelled is not given up yet; some of it may be performed in vain");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
