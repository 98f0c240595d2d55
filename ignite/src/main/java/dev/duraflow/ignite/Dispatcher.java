package dev.duraflow.ignite;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Decides which worker gets which invocation. Everything that is not final is used in one thread, {@link #loop}, into which all
 * that happens is brought as a task.
 *
 * <p>An invocation waits here until a worker has a free thread, so that one who joins helps with all that waits. It stays at its
 * place when the connection breaks, and is sent there again, where it is still being performed: only if the node is gone another
 * place gets it. An answer counts if it is to what was sent last.
 */
final class Dispatcher implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("dev.duraflow.ignite");
  private static final int SECONDS_TO_GIVE_UP = 10;

  /** An invocation that comes back more often is what is wrong, perhaps by killing its workers. */
  private static final int MOST_RETURNS = 10;

  /** Of what a server takes of one client: for questions other than to perform something. */
  private static final int RESERVE = 2;

  private static final String COUNT_THREADS = Request.countThreads().text();

  private final Gateway gateway;
  private final IgniteSettings settings;
  private final ScheduledThreadPoolExecutor loop = loop();

  private final Deque<UnderWay> waiting = new ArrayDeque<>();
  private final Map<UUID, Place> places = new LinkedHashMap<>();
  /** How many requests to give up are under way. */
  private int givingUp;

  private @Nullable CompletableFuture<Void> allGivenUp;
  private int sent;
  /** How many may be at workers, as far as the server lets one client. */
  private int ceiling = Integer.MAX_VALUE;

  private boolean isConnected;
  private boolean sweepIsDue;
  private long hopeNanos = System.nanoTime();
  /** Why nothing can be placed, as far as a failure has told since the sweep before. */
  private @Nullable Throwable trouble;

  Dispatcher(Gateway gateway, IgniteSettings settings) {
    this.gateway = gateway;
    this.settings = settings;
  }

  private static ScheduledThreadPoolExecutor loop() {
    ScheduledThreadPoolExecutor loop = new ScheduledThreadPoolExecutor(
        1,
        task -> {
          Thread thread = new Thread(task, "duraflow-engine");
          thread.setDaemon(true);
          return thread;
        },
        new ThreadPoolExecutor.DiscardPolicy());
    loop.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return loop;
  }

  void start() {
    long interval = settings.sweep().toNanos();
    Future<?> unused =
        loop.scheduleWithFixedDelay(() -> guarded(this::sweep), 0, interval, TimeUnit.NANOSECONDS);
  }

  private void run(Runnable step) {
    loop.execute(() -> guarded(step));
  }

  /** A step that fails is no reason not to go on; the next sweep puts right what it left. */
  private static void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "the engine goes on after a failure", e);
    }
  }

  void submit(UnderWay one) {
    run(() -> {
      await(one);
      waiting.add(one);
      dispatch();
    });
  }

  void giveUp(UnderWay one) {
    run(() -> {
      Place place = one.place;
      if (place != null) {
        askToGiveUp(place, one);
      }
    });
  }

  private static void await(UnderWay one) {
    one.place = null;
    one.sending = null;
    one.waitingSinceNanos = System.nanoTime();
  }

  // ---- to workers and back

  private void dispatch() {
    while (isConnected && sent < ceiling && !waiting.isEmpty()) {
      Place place = freest();
      if (place == null) {
        return;
      }
      UnderWay next = waiting.remove();
      if (!next.isDone()) {
        next.place = place;
        place.held.add(next);
        sent++;
        send(next, place);
      }
    }
  }

  private @Nullable Place freest() {
    Place best = null;
    for (Place place : places.values()) {
      if (place.free() > (best == null ? 0 : best.free())) {
        best = place;
      }
    }
    return best;
  }

  private void send(UnderWay one, Place place) {
    Object sending = new Object();
    one.sending = sending;
    gateway
        .ask(place.node, one.request)
        .whenComplete((answer, failure) -> run(() -> {
          if (one.sending == sending) {
            answered(one, place, answer, failure);
            dispatch();
          }
        }));
  }

  private void answered(
      UnderWay one, Place place, @Nullable Answer answer, @Nullable Throwable failure) {
    if (failure != null && Gateway.isLost(failure)) {
      one.sending = null;
      connectionLost(failure);
      return;
    }
    place.held.remove(one);
    sent--;
    if (answer != null && answer.kind() != Answer.Kind.ELSEWHERE) {
      one.end(answer.failure(one.invocation));
    } else if (failure != null && Gateway.isTooMuch(failure)) {
      ceiling = Math.max(1, sent - RESERVE);
      await(one);
      waiting.addFirst(one);
    } else {
      place.threads = 0; // until it says otherwise
      cameBack(one, answer != null ? answer.reason() : String.valueOf(failure), failure);
      sweepSoon();
    }
  }

  private void cameBack(UnderWay one, String reason, @Nullable Throwable failure) {
    await(one);
    if (++one.returns > MOST_RETURNS) {
      one.fail("it came back from " + one.returns + " places; the last time: " + reason, failure);
    } else {
      waiting.addFirst(one);
    }
  }

  private void askToGiveUp(Place place, UnderWay one) {
    givingUp++;
    gateway
        .ask(place.node, Request.giveUp(one.invocation).text())
        .whenComplete((answer, failure) -> run(() -> {
          givingUp--;
          tellWhoCloses();
        }));
  }

  private void tellWhoCloses() {
    if (givingUp == 0 && allGivenUp != null) {
      allGivenUp.complete(null);
    }
  }

  // ---- who is there

  private void connectionLost(Throwable failure) {
    isConnected = false;
    ceiling = Integer.MAX_VALUE; // another server may take more
    trouble = failure;
    sweepSoon();
  }

  private void sweepSoon() {
    if (!sweepIsDue) {
      sweepIsDue = true;
      run(this::sweep);
    }
  }

  private void sweep() {
    sweepIsDue = false;
    try {
      meet(gateway.servers());
      isConnected = true;
    } catch (RuntimeException e) {
      gateway.drop();
      isConnected = false;
      trouble = e;
    }
    loseHope();
    if (isConnected) {
      trouble = null;
      places.values().forEach(this::lookAfter);
      dispatch();
    }
  }

  private void meet(Set<UUID> servers) {
    for (Iterator<Place> all = places.values().iterator(); all.hasNext(); ) {
      Place place = all.next();
      if (!servers.contains(place.node)) {
        all.remove();
        sent -= place.held.size();
        place.held.forEach(one -> cameBack(one, "its node left the cluster", null));
      }
    }
    servers.forEach(node -> places.computeIfAbsent(node, Place::new));
  }

  private void lookAfter(Place place) {
    place.isSilent = place.isAsked;
    if (!place.isAsked) {
      place.isAsked = true;
      gateway
          .ask(place.node, COUNT_THREADS)
          .whenComplete((answer, failure) -> run(() -> counted(place, answer, failure)));
    }
    for (UnderWay one : place.held) {
      if (one.sending == null) {
        send(one, place);
      }
      if (one.isDone()) { // given up; the worker may not have heard of it
        askToGiveUp(place, one);
      }
    }
  }

  private void counted(Place place, @Nullable Answer answer, @Nullable Throwable failure) {
    place.isAsked = false;
    place.isSilent = false;
    if (answer != null) {
      place.threads = answer.threads();
    } else if (failure != null && Gateway.isLost(failure)) {
      connectionLost(failure);
    } else if (failure != null && !Gateway.isTooMuch(failure)) {
      place.threads = 0;
      trouble = failure;
    }
    dispatch();
  }

  /** Fails what has waited for too long for a worker to be there, or a server node. */
  private void loseHope() {
    long now = System.nanoTime();
    if (isConnected && places.values().stream().anyMatch(place -> place.threads > 0)) {
      hopeNanos = now;
      return;
    }
    long patience = settings.patience().toNanos();
    List<UnderWay> lost = new ArrayList<>();
    for (UnderWay one : waiting) {
      if (now - Math.max(hopeNanos, one.waitingSinceNanos) > patience) {
        lost.add(one);
      }
    }
    waiting.removeAll(new HashSet<>(lost));
    if (!isConnected && now - hopeNanos > patience) {
      for (Place place : places.values()) {
        lost.addAll(place.held);
        sent -= place.held.size();
      }
      places.clear();
    }
    for (UnderWay one : lost) {
      await(one); // for no answer that still comes
      one.fail(hopeless(), trouble);
    }
  }

  private String hopeless() {
    return (isConnected ? "no server node has an IgniteWorker" : "no server node can be reached")
        + ", for " + settings.patience().toMillis() + " ms"
        + (trouble == null ? "" : ": " + trouble.getMessage());
  }

  /** Sends what was cancelled before, and then nothing any more. */
  @Override
  public void close() {
    CompletableFuture<Void> told = new CompletableFuture<>();
    run(() -> {
      allGivenUp = told;
      tellWhoCloses();
    });
    try {
      told.get(SECONDS_TO_GIVE_UP, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "what was cancelled is not given up yet; some of it may be performed in vain");
    }
    loop.shutdown();
    try {
      if (!loop.awaitTermination(SECONDS_TO_GIVE_UP, TimeUnit.SECONDS)) {
        LOG.log(System.Logger.Level.WARNING, "the engine is closed while it waits for a server");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    gateway.close();
  }
}
