package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.DagOrigin;
import dev.duraflow.dag.ExpandTask;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Recovery;
import dev.duraflow.dag.Task;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.remote.DagFingerprint;
import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.WeakHashMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a run whose bodies are called elsewhere: those that an engine has, as many as may be in flight, and those that wait
 * for room. Each holds a token of its run, its permits, and no thread.
 *
 * <pre>
 *   WAITING --send--> SENT --its stage completes, or its time is over--> OVER, and the task is ready again
 *   WAITING, SENT --the run stops--> OVER, and nothing follows
 * </pre>
 *
 * Who makes it {@code OVER} does what follows, and nobody else does. What is ready again is taken by a worker like any other task,
 * which {@linkplain #takeBack finds it here}, sends another one in its place, and asks the store how it went: so the engine's threads,
 * of which there may be one, wait neither for the store nor for the engine itself.
 * A task is put here before anybody looks whether the run is stopping, and who stops the run says so before it goes through them;
 * so one of the two finds it.
 *
 * <p>{@code inFlight} counts what is SENT, and for a moment what is about to be. Who adds to the queue, and who takes back what has
 * made room, tries to send what is in the queue afterwards, so nothing stays there while there is room.
 */
final class Placement {
  private static final int WAITING = 0;
  private static final int SENT = 1;
  private static final int OVER = 2;

  private final Execution execution;
  private final TaskEngine engine;
  private final Records records;
  private final DagOrigin origin;
  private final int mostInFlight;

  private final Map<Place, Placed> all = new ConcurrentHashMap<>();
  private final Queue<Placed> queue = new ConcurrentLinkedQueue<>();
  /** Those whose records nobody has asked the store for since they came back. */
  private final Queue<Placed> back = new ConcurrentLinkedQueue<>();

  private final AtomicInteger inFlight = new AtomicInteger();
  private final Silence silence;
  /** Of the run's DAG and of those that expansions declared, for as long as they are there. */
  private final Map<Dag, String> fingerprints = Collections.synchronizedMap(new WeakHashMap<>());

  private record Place(Frame frame, int task) {}

  /** One attempt at a task. */
  final class Placed {
    private final Place place;
    private final List<Limit> permits;
    private final AtomicInteger state = new AtomicInteger(WAITING);

    private volatile @Nullable Instant startedAt;
    private volatile @Nullable Throwable failure;
    private volatile boolean expired;
    private volatile boolean askedFor;
    private volatile @Nullable CompletionStage<Void> stage;
    private volatile @Nullable Future<?> alarm;

    Placed(Place place, List<Limit> permits) {
      this.place = place;
      this.permits = permits;
    }

    String taskId() {
      return task().id();
    }

    /** When it was handed to the engine. */
    Instant startedAt() {
      return Objects.requireNonNull(startedAt);
    }

    /** What the engine said that it failed with; null if it did not. */
    @Nullable
    Throwable failure() {
      return failure;
    }

    /** Whether its time was over before the engine said anything. */
    boolean isExpired() {
      return expired;
    }

    /** Hands it to the engine, with room that was taken for it. */
    private void send() {
      if (!state.compareAndSet(WAITING, SENT)) {
        inFlight.decrementAndGet();
        return;
      }
      try {
        Invocation invocation = begin();
        if (state.get() == OVER) { // and perhaps its next attempt is under way
          cancelAlarm();
          return;
        }
        CompletionStage<Void> submitted =
            Objects.requireNonNull(engine.submit(invocation), "the engine returned no stage");
        stage = submitted;
        if (state.get() == OVER) { // its time was over before there was anything to cancel
          cancel(submitted);
        }
        submitted.whenComplete((done, error) -> comeBack(error));
      } catch (Throwable t) {
        comeBack(t);
      }
    }

    private Invocation begin() {
      Task<?> task = task();
      execution.signals.started(task.id());
      Instant now = execution.now();
      startedAt = now;
      Invocation invocation = new Invocation(
          execution.runId(),
          records.epoch(),
          origin.factory(),
          origin.parameters(),
          fingerprint(place.frame),
          task.id(),
          execution.attempts.next(task.id()));
      Duration limit = task.hasOptions() ? execution.attempts.timeout(task, now) : null;
      if (limit != null) { // last, since from then on it may be over at any time
        alarm = execution.after(limit, this::expire);
      }
      return invocation;
    }

    private Task<?> task() {
      return place.frame.graph.tasks[place.task];
    }

    /** In the scheduler's thread. */
    private void expire() {
      if (end()) {
        expired = true;
        cancel(stage);
        offer();
      }
    }

    private void comeBack(@Nullable Throwable error) {
      if (end()) {
        failure = error == null ? null : asFailure(error);
        silence.heard();
        offer();
      }
    }

    private Throwable asFailure(Throwable error) {
      Throwable cause = error instanceof CompletionException && error.getCause() != null
          ? error.getCause()
          : error;
      return cause instanceof RemoteTaskException || cause instanceof PlacementException
          ? cause
          : new PlacementException(
              task().id(), execution.runId(), "the engine failed with " + cause, cause);
    }

    private void offer() {
      if (startedAt == null) { // the engine was not even asked
        startedAt = execution.now();
      }
      back.add(this);
      execution.offer(place.frame, place.task, permits);
    }

    /** The run is stopping. */
    private void giveUp() {
      if (end()) {
        all.remove(place, this);
        cancel(stage);
        execution.release(permits);
        execution.returnTokens(1);
      }
    }

    /** Whether it was not over before. */
    private boolean end() {
      int before = state.getAndSet(OVER);
      if (before == SENT) {
        inFlight.decrementAndGet();
      }
      cancelAlarm();
      return before != OVER;
    }

    private void cancelAlarm() {
      Future<?> set = alarm;
      if (set != null) {
        set.cancel(false);
      }
    }

    private void cancel(@Nullable CompletionStage<Void> submitted) {
      if (submitted == null) {
        return;
      }
      try {
        submitted.toCompletableFuture().cancel(true);
      } catch (RuntimeException e) {
        // A stage that cannot be cancelled: then what it does is done in vain, which it may be.
        execution.signals.notGivenUp(task().id(), e);
      }
    }
  }

  Placement(Execution execution, Settings settings, Records records, Dag dag, DagOrigin origin) {
    this.execution = execution;
    this.engine = Objects.requireNonNull(settings.taskEngine());
    this.records = records;
    this.origin = origin;
    this.mostInFlight = settings.maxConcurrency();
    this.silence = new Silence(execution, this::sent);
    fingerprints.put(dag, DagFingerprint.of(dag));
  }

  /** Whether a task's body is called elsewhere. */
  boolean places(Frame in, Task<?> declared) {
    return !declared.isLocal()
        && !(declared instanceof MapTask
            || declared instanceof ExpandTask
            || declared instanceof Recovery)
        && !dependsOnUnstored(in);
  }

  /** Whether it may take what could not be persisted, and so is in no store where others could read it. */
  private static boolean dependsOnUnstored(Frame in) {
    Frame frame = in;
    while (!frame.holdsUnstored()) {
      Frame.Parent parent = frame.parent;
      if (parent == null) {
        return false;
      }
      if (parent.unstored()) {
        return true;
      }
      frame = parent.frame();
    }
    return true;
  }

  /** Has a task's body called elsewhere; its token and its permits are given to it. */
  void place(Frame in, int task, List<Limit> permits) {
    Placed placed = new Placed(new Place(in, task), permits);
    all.put(placed.place, placed);
    queue.add(placed);
    silence.watch();
    sendWaiting();
    if (execution.isStopping()) {
      placed.giveUp();
    }
  }

  /** A task that is back from elsewhere; null if it has not been there. There is room for another then. */
  @Nullable
  Placed takeBack(Frame in, int task) {
    Placed back = all.remove(new Place(in, task));
    if (back != null) {
      sendWaiting();
    }
    return back;
  }

  /**
   * The ids of all that are back, for the caller to ask the store for with that of one that it has taken; none if somebody else
   * asks for that one.
   */
  List<String> backWith(Placed taken) {
    List<String> taskIds = new ArrayList<>();
    if (!taken.askedFor) {
      for (Placed next = back.poll(); next != null; next = back.poll()) {
        next.askedFor = true;
        taskIds.add(next.taskId());
      }
    }
    return taskIds;
  }

  /** Gives up all of them, of a run that is stopping. */
  void clear() {
    all.values().forEach(Placed::giveUp);
    queue.clear();
  }

  /** The run has ended. */
  void end() {
    silence.end();
  }

  private List<Placed> sent() {
    return all.values().stream()
        .filter(placed -> placed.state.get() == SENT && placed.startedAt != null)
        .toList();
  }

  private void sendWaiting() {
    while (!queue.isEmpty()) {
      int count = inFlight.get();
      if (count >= mostInFlight) {
        return;
      }
      if (inFlight.compareAndSet(count, count + 1)) {
        Placed next = queue.poll();
        if (next == null) {
          inFlight.decrementAndGet();
        } else {
          next.send();
        }
      }
    }
  }

  private String fingerprint(Frame in) {
    Frame.Parent parent = in.parent;
    if (parent != null && parent.wanted() == null) {
      return fingerprint(parent.frame()); // that of a map's elements is that of the map
    }
    String known = fingerprints.get(in.graph.dag);
    if (known == null) {
      known =
          DagFingerprint.within(fingerprint(Objects.requireNonNull(parent).frame()), in.graph.dag);
      fingerprints.put(in.graph.dag, known);
    }
    return known;
  }
}
