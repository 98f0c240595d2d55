package dev.duraflow.testkit;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.event.RunEvent;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * What one process does for a run, in threads of its own. They wait until the run is known to whoever may have to end it, so
 * that a crash is the end and no body is called after it.
 */
final class Life {
  /** How long a dead process is waited for whose bodies do not heed their interrupt. */
  private static final Duration LAST_BREATH = Duration.ofSeconds(10);

  private static final Duration GLANCE = Duration.ofMillis(50);

  private final Dag dag;
  private final Map<String, Integer> started = new ConcurrentHashMap<>();
  private final Map<String, Integer> failed = new ConcurrentHashMap<>();
  private final CompletableFuture<Run> run = new CompletableFuture<>();

  Life(Dag dag) {
    this.dag = dag;
  }

  /** Starts the run; throws what {@code Duraflow.start} throws. */
  void begin(Store store, Consumer<? super Duraflow.Builder> settings, int maxConcurrency) {
    Duraflow.Builder builder = Duraflow.builder();
    settings.accept(builder);
    Duraflow duraflow = builder
        .store(store)
        .executor(this::execute)
        .maxConcurrency(maxConcurrency)
        .listener(this::note)
        .build();
    run.complete(duraflow.start(dag));
  }

  private void execute(Runnable work) {
    Thread thread = new Thread(
        () -> {
          run.join();
          work.run();
        },
        "crash-points of '" + dag.name() + "'");
    thread.setDaemon(true);
    thread.start();
  }

  private void note(RunEvent event) {
    if (event instanceof RunEvent.TaskStarted start) {
      started.merge(start.taskId(), 1, Integer::sum);
    } else if (event instanceof RunEvent.TaskFailed failure) {
      failed.merge(failure.taskId(), 1, Integer::sum);
    }
  }

  Run run() {
    return run.join();
  }

  Dag dag() {
    return dag;
  }

  /** How often each body was called. */
  Map<String, Integer> started() {
    return new TreeMap<>(started);
  }

  int bodies() {
    return started.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** How many attempts at a task failed, so that there may be one more. */
  int failures(String taskId) {
    return failed.getOrDefault(taskId, 0);
  }

  /** Waits until the run has ended in whatever way. */
  void awaitEnd() throws InterruptedException {
    awaitUnlessInterrupted(() -> {
      while (!run().await(LAST_BREATH)) {}
    });
  }

  /**
   * Waits until the run has ended or its store has died. A store that dies later is made to when there is nothing left to run.
   */
  void awaitDeath(FaultyStore mortal, SaveFault.Crash crash) throws InterruptedException {
    boolean comesByItself = crash.moment() != SaveFault.Moment.LATER;
    awaitUnlessInterrupted(() -> {
      int glances = 0;
      while (!run().await(GLANCE)) {
        if (!comesByItself
            && (run().completed() == run().total() || !run().failures().isEmpty())) {
          mortal.crash(crash.failure());
        }
        if (mortal.isDead() && ++glances > LAST_BREATH.dividedBy(GLANCE)) {
          break; // a body is left behind
        }
      }
    });
    mortal.closeRuns();
  }

  private interface Wait {
    void end() throws InterruptedException;
  }

  /** Leaves nothing running when the test is broken off. */
  private void awaitUnlessInterrupted(Wait wait) throws InterruptedException {
    try {
      wait.end();
    } catch (InterruptedException e) {
      run().cancel();
      throw e;
    }
  }
}
