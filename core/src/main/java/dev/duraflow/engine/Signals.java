package dev.duraflow.engine;

import dev.duraflow.event.Progress;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunListener;
import dev.duraflow.event.RunState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Tells listeners what happens in a run. A listener that throws is logged and otherwise ignored. */
final class Signals {
  private static final System.Logger LOG = System.getLogger("dev.duraflow");
  private static final int NAMED_KEYS = 5;

  private final String runId;
  private final Clock clock;
  private final List<RunListener> listeners;
  private final List<Consumer<Progress>> progress;
  private final AtomicInteger total;
  /** Orders the calls of {@link #progress} and guards {@link #completed}. */
  private final ReentrantLock progressOrder = new ReentrantLock();

  private int completed;

  Signals(String runId, Settings settings, AtomicInteger total) {
    this.runId = runId;
    this.clock = settings.clock();
    this.listeners = settings.listeners();
    this.progress = settings.progress();
    this.total = total;
  }

  /** Whether anybody listens to the events of single tasks. */
  boolean isObserved() {
    return !listeners.isEmpty() || !progress.isEmpty();
  }

  void runStarted(int tasks) {
    LOG.log(System.Logger.Level.DEBUG, "run {0} starts with {1} tasks", runId, tasks);
    send(new RunEvent.RunStarted(runId, clock.instant(), tasks));
  }

  void runFinished(RunState state) {
    LOG.log(System.Logger.Level.DEBUG, "run {0} ends as {1}", runId, state);
    guarded(clock, runId, () -> send(new RunEvent.RunFinished(runId, clock.instant(), state)));
  }

  void started(String taskId) {
    send(new RunEvent.TaskStarted(runId, clock.instant(), taskId));
  }

  void succeeded(String taskId, Instant startedAt) {
    Instant now = clock.instant();
    send(new RunEvent.TaskSucceeded(runId, now, taskId, Duration.between(startedAt, now)));
    completed(taskId, false);
  }

  void reused(String taskId) {
    if (!isObserved()) {
      return;
    }
    send(new RunEvent.TaskReused(runId, clock.instant(), taskId));
    completed(taskId, true);
  }

  void notPersisted(Throwable failure) {
    LOG.log(
        System.Logger.Level.WARNING,
        "run '" + runId + "' goes on with an output in memory",
        failure);
  }

  void attemptFailed(String taskId, int attempt, Throwable cause, Duration delay) {
    send(new RunEvent.AttemptFailed(runId, clock.instant(), taskId, attempt, cause, delay));
  }

  void progressed(String taskId, double fraction, String message) {
    send(new RunEvent.TaskProgressed(runId, clock.instant(), taskId, fraction, message));
  }

  void abandoned(String taskId, Duration elapsed) {
    LOG.log(
        System.Logger.Level.WARNING,
        "task ''{0}'' of run ''{1}'' does not heed its interrupt and is left behind after {2} s",
        taskId,
        runId,
        elapsed.toMillis() / 1e3);
    send(new RunEvent.TaskAbandoned(runId, clock.instant(), taskId, elapsed));
  }

  /** Nothing has come back from elsewhere for long. */
  void silent(int elsewhere, Instant since) {
    LOG.log(
        System.Logger.Level.WARNING,
        "run ''{0}'' waits for tasks elsewhere, {1} of them, and none has come back since {2}; if they do not take that long, "
            + "see that workers are there that know its DAG and have its store, or cancel the run",
        runId,
        String.valueOf(elsewhere),
        since);
  }

  void notLearnt(Throwable failure) {
    LOG.log(
        System.Logger.Level.WARNING,
        "what tasks of run '" + runId + "' took is not kept for later ones",
        failure);
  }

  void elementsChanged(String taskId, List<String> before, List<String> now) {
    Set<String> added = new LinkedHashSet<>(now);
    before.forEach(added::remove);
    Set<String> removed = new LinkedHashSet<>(before);
    now.forEach(removed::remove);
    if (added.isEmpty() && removed.isEmpty()) { // they are in another order
      return;
    }
    LOG.log(
        System.Logger.Level.INFO,
        "map ''{0}'' of run ''{1}'' has other elements than before: {2} new{3}, {4} gone{5}, "
            + "whose records stay in the store",
        taskId,
        runId,
        added.size(),
        some(added),
        removed.size(),
        some(removed));
    send(new RunEvent.ElementsChanged(
        runId, clock.instant(), taskId, List.copyOf(added), List.copyOf(removed)));
  }

  /** The first of them, in parentheses. */
  private static String some(Set<String> keys) {
    if (keys.isEmpty()) {
      return "";
    }
    String more = keys.size() > NAMED_KEYS ? ", ..." : "";
    return keys.stream().limit(NAMED_KEYS).collect(Collectors.joining(", ", " (", more + ")"));
  }

  void notAbandoned(Throwable failure) {
    LOG.log(
        System.Logger.Level.WARNING,
        "run '" + runId + "' will wait for bodies that do not heed their interrupt",
        failure);
  }

  void notGivenUp(String taskId, Throwable failure) {
    LOG.log(
        System.Logger.Level.WARNING,
        "the engine did not take back task '" + taskId + "' of run '" + runId
            + "'; what it does for it is in vain",
        failure);
  }

  void lost(Throwable how) {
    LOG.log(System.Logger.Level.WARNING, "run '" + runId + "' stops", how);
  }

  void failed(String taskId, Throwable cause) {
    send(new RunEvent.TaskFailed(runId, clock.instant(), taskId, cause));
  }

  void skipped(String taskId, String rootCause) {
    send(new RunEvent.TaskSkipped(runId, clock.instant(), taskId, rootCause));
  }

  private void send(RunEvent event) {
    for (RunListener listener : listeners) {
      tell(listener, event);
    }
  }

  static void tell(RunListener listener, RunEvent event) {
    guarded(listener, event.runId(), () -> listener.onEvent(event));
  }

  private void completed(String taskId, boolean reused) {
    if (progress.isEmpty()) {
      return;
    }
    progressOrder.lock();
    try {
      Progress told = new Progress(runId, taskId, ++completed, total.get(), reused);
      for (Consumer<Progress> listener : progress) {
        guarded(listener, runId, () -> listener.accept(told));
      }
    } finally {
      progressOrder.unlock();
    }
  }

  private static void guarded(Object listener, String runId, Runnable call) {
    try {
      call.run();
    } catch (Throwable t) {
      LOG.log(
          System.Logger.Level.WARNING,
          "listener " + listener + " of run '" + runId + "' threw; the run goes on",
          t);
    }
  }
}
