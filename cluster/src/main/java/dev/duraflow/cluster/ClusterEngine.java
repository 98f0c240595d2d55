package dev.duraflow.cluster;

import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.PlacementException;
import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.stream.Collectors;
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
  private static final System.Logger LOG = System.getLogger("dev.duraflow.cluster");
  private static final String DONE = "duraflow_done";
  /** At the end of what is told of an invocation that has left a failure. */
  private static final String FAILED = "!";

  private final Tables tables;
  private final ConcurrentMap<String, UnderWay> underWay = new ConcurrentHashMap<>();
  private final Batches<UnderWay> submissions =
      new Batches<>("duraflow-engine-submit", this::submitAll);

  private final Batches<String> givenUp = new Batches<>("duraflow-engine-cancel", this::giveUpAll);
  private final Notifications notifications;
  private volatile boolean closed;

  /** An engine with default settings. */
  public static ClusterEngine on(DataSource dataSource) {
    return on(dataSource, ClusterSettings.defaults());
  }

  /**
   * An engine on a database; its tables are created if they are not there.
   *
   * @throws dev.duraflow.error.StoreException if the database cannot be reached, its tables are newer than this program, or a
   *     right on them is missing
   */
  public static ClusterEngine on(DataSource dataSource, ClusterSettings settings) {
    DataSource told = new TellableSource(dataSource);
    Tables tables = new Tables(told, settings, Rights.COORDINATOR);
    tables.create();
    return new ClusterEngine(told, settings, tables);
  }

  private ClusterEngine(DataSource dataSource, ClusterSettings settings, Tables tables) {
    this.tables = tables;
    this.notifications = Notifications.of(
        "duraflow-engine", dataSource, settings.sweep(), List.of(DONE), new Hearing());
  }

  /** An invocation whose end is awaited. It is forgotten before it completes. */
  private final class UnderWay extends CompletableFuture<Void> {
    final Invocation invocation;
    final String id;
    /** There is a row, or there was. */
    volatile boolean submitted;
    /** It was missing, and was submitted again. Only the thread that listens knows of it. */
    boolean missed;

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
        givenUp.add(id);
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
    if (closed) {
      own.end(closed(invocation));
    } else {
      submissions.add(own);
    }
    return own;
  }

  private static PlacementException closed(Invocation invocation) {
    return new PlacementException(
        invocation.taskId(), invocation.runId(), "the engine is closed", null);
  }

  private void submitAll(List<UnderWay> all) {
    List<UnderWay> wanted = all.stream().filter(one -> !one.isDone()).toList();
    if (wanted.isEmpty()) {
      return;
    }
    try {
      tables.submit(wanted.stream()
          .collect(Collectors.toMap(
              one -> one.id, one -> one.invocation, (one, same) -> one, LinkedHashMap::new)));
    } catch (Throwable e) { // whatever it is, nobody may wait for ever
      if (Tables.isPassing(e)) {
        throw e;
      }
      wanted.forEach(one -> one.end(e));
      return;
    }
    for (UnderWay one : wanted) {
      one.submitted = true;
      if (one.isCancelled()) { // before there was anything to give up
        givenUp.add(one.id);
      }
    }
  }

  /** All at once, since a run that is cancelled gives up very many. */
  private void giveUpAll(List<String> ids) {
    try {
      tables.giveUp(ids);
    } catch (RuntimeException e) {
      if (Tables.isPassing(e)) {
        throw e;
      }
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
      List<String> failed = new ArrayList<>();
      for (String payload : payloads) {
        boolean hasFailed = payload.endsWith(FAILED);
        String id = hasFailed ? payload.substring(0, payload.length() - FAILED.length()) : payload;
        UnderWay one = underWay.get(id);
        if (one != null && hasFailed) {
          failed.add(id);
        } else if (one != null) {
          one.end(null);
        }
      }
      if (!failed.isEmpty()) {
        end(failed);
      }
    }

    @Override
    public void sweep() {
      submissions.again();
      givenUp.again();
      List<String> submitted = new ArrayList<>();
      for (UnderWay one : underWay.values()) {
        if (one.submitted) {
          submitted.add(one.id);
        }
      }
      if (submitted.isEmpty()) {
        return;
      }
      submitted.removeAll(tables.stillThere(submitted));
      if (!submitted.isEmpty()) {
        missing(submitted);
      }
    }

    /**
     * Nobody has told of their end: they have been performed, or a crash of the database took them, since none of this is
     * synced. Who performs them again finds the record of those that have one.
     */
    private void missing(List<String> ids) {
      Map<String, Function<Invocation, DuraflowException>> failures = tables.takeFailures(ids);
      for (String id : ids) {
        UnderWay one = underWay.get(id);
        if (one == null) {
          continue;
        }
        Function<Invocation, DuraflowException> failure = failures.get(id);
        if (failure != null) {
          one.end(failure.apply(one.invocation));
        } else if (one.missed) {
          one.end(null);
        } else {
          one.missed = true;
          one.submitted = false;
          submissions.add(one);
        }
      }
    }
  }

  /** These have failed, unless whoever else took their failures away. */
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
    submissions.close();
    givenUp.close();
    for (UnderWay one : underWay.values()) {
      one.end(closed(one.invocation));
    }
  }
}
