package dev.duraflow.testkit;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.UncheckedIOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One crash, one resumption, and what is checked of them.
 *
 * @param undisturbed the outputs to be had
 */
record CrashTrial(CrashPoints settings, CrashPoint point, Outputs undisturbed) {
  /** What a trial took. */
  record Effort(int bodies, int reused) {}

  /** What a crash left. */
  private record Remains(
      Map<String, TaskRecord.Kind> durable, @Nullable String crashedAt, int bodies) {}

  Effort run() throws InterruptedException {
    try (Place place = settings.newPlace()) {
      Remains remains = crash(place);
      place.restore();
      try (Store store = place.connect()) {
        checkNothingIsLost(store, remains);
        Ledger ledger = new Ledger(store);
        Life resumed = resume(ledger, remains);
        checkNothingRanTwice(resumed, ledger, remains);
        checkOutputs(resumed, store, ledger, remains);
        return new Effort(remains.bodies + resumed.bodies(), resumed.run().reused());
      }
    }
  }

  private Remains crash(Place place) throws InterruptedException {
    AtomicReference<Map<String, TaskRecord.Kind>> durable = new AtomicReference<>();
    AtomicReference<@Nullable UncheckedIOException> unphotographed = new AtomicReference<>();
    SaveFault.Crash crash = new SaveFault.Crash(
        point.moment(),
        // The engine takes it for the end of the run, and not for a failure of the task.
        new InterruptedException("the process was crashed by CrashPoints"));
    Life life = new Life(settings.newDag());
    try (Store store = place.connect()) {
      Ledger ledger = new Ledger(store);
      FaultyStore mortal = FaultyStore.over(ledger).crashAtSave(point.save(), crash);
      mortal.lastAct(() -> {
        durable.set(ledger.durable());
        try {
          place.photograph();
        } catch (UncheckedIOException e) { // told by this thread, not to the run
          unphotographed.set(e);
        } finally {
          life.run().cancel();
        }
      });
      life.begin(mortal, settings.duraflow(), point.maxConcurrency());
      life.awaitDeath(mortal, crash);
      if (!mortal.isDead()) {
        checkSucceeded(life, new Remains(Map.of(), null, 0), "the run that was to be crashed");
        return new Remains(ledger.durable(), null, life.bodies());
      }
      UncheckedIOException failure = unphotographed.get();
      if (failure != null) {
        throw failure;
      }
      return new Remains(Objects.requireNonNull(durable.get()), mortal.crashedAt(), life.bodies());
    }
  }

  private void checkNothingIsLost(Store store, Remains remains) {
    try (OpenRun run = store.open(undisturbed.run().id())) {
      for (String taskId : remains.durable.keySet()) {
        if (run.find(taskId).isEmpty()) {
          throw lost(remains, taskId, "after the crash");
        }
      }
    } catch (DuraflowException e) {
      throw unreadable(remains, "after the crash", e);
    }
  }

  private AssertionError unreadable(Remains remains, String when, DuraflowException failure) {
    return violation(
        remains,
        null,
        "cannot be read " + when,
        "every record that the store has acknowledged",
        failure.getMessage(),
        "the store breaks its promise; check it with StoreContract",
        failure);
  }

  private AssertionError lost(Remains remains, String taskId, String when) {
    return violation(
        remains,
        taskId,
        "is lost",
        "its record, since the store had completed its save",
        "none that 'find' would give " + when,
        "the store breaks its promise; check it with StoreContract");
  }

  private Life resume(Ledger ledger, Remains remains) throws InterruptedException {
    Life resumed = new Life(settings.newDag());
    try {
      resumed.begin(ledger, settings.duraflow(), point.maxConcurrency());
    } catch (DuraflowException e) {
      throw failed(remains, "the resumed run", e);
    }
    resumed.awaitEnd();
    checkSucceeded(resumed, remains, "the resumed run");
    return resumed;
  }

  private void checkSucceeded(Life life, Remains remains, String which)
      throws InterruptedException {
    if (life.run().state() != RunState.SUCCEEDED) {
      try {
        life.run().await();
      } catch (DuraflowException e) {
        throw failed(remains, which, e);
      }
    }
  }

  private AssertionError failed(Remains remains, String which, DuraflowException failure) {
    TaskFailure first =
        failure instanceof RunFailedException failed && !failed.failures().isEmpty()
            ? failed.failures().get(0)
            : null;
    Throwable cause = first == null ? failure : first.cause();
    return violation(
        remains,
        first == null ? null : first.taskId(),
        "fails in " + which,
        "success, as in the undisturbed run",
        failure.getMessage(),
        cause instanceof StoreException
            ? "if the message does not say, check the store with StoreContract"
            : cause instanceof DuraflowException
                ? "as the message says"
                : "its body probably keeps state or changes something outside that its next call"
                    + " stumbles over; a body must be able to run again",
        failure);
  }

  private void checkNothingRanTwice(Life resumed, Ledger ledger, Remains remains) {
    resumed.started().forEach((taskId, times) -> {
      if (remains.durable.get(taskId) == TaskRecord.Kind.OUTPUT) {
        throw violation(
            remains,
            taskId,
            "ran again",
            "its output to be reused, since it was recorded",
            "its body was called in the resumed run",
            "the store probably does not find the record any more; check it with StoreContract");
      }
      if (times > 1 + resumed.failures(taskId)) {
        throw violation(
            remains,
            taskId,
            "ran twice",
            "one call for each attempt",
            times + " calls in the resumed run",
            "report it as a bug of duraflow, with this message");
      }
    });
    for (String taskId : ledger.durable().keySet()) {
      if (remains.durable.containsKey(taskId)) {
        throw violation(
            remains,
            taskId,
            "was recorded again",
            "the record to be kept that was there at the crash",
            "another record in its place",
            remains.durable.get(taskId) == TaskRecord.Kind.KEYS
                ? "the map's keys have changed; a key must depend on its element alone, and the"
                    + " elements must come in the same order"
                : "the store probably does not find the record any more; check it with StoreContract");
      }
    }
  }

  private void checkOutputs(Life resumed, Store store, Ledger ledger, Remains remains) {
    Set<String> taskIds = new LinkedHashSet<>(undisturbed.all().keySet());
    taskIds.addAll(remains.durable.keySet());
    taskIds.addAll(ledger.durable().keySet());
    Outputs found;
    try {
      found = Outputs.of(resumed, store, taskIds);
    } catch (DuraflowException e) {
      throw unreadable(remains, "at the end of the resumed run", e);
    }
    // In the order of the undisturbed run, so that of tasks that differ by each other the cause is
    // named.
    for (String taskId : taskIds) {
      boolean before = remains.durable.containsKey(taskId);
      if (!found.all().containsKey(taskId) && (before || ledger.durable().containsKey(taskId))) {
        throw lost(remains, taskId, "at the end of the resumed run");
      }
      if (!settings.ignores(taskId) && !undisturbed.isSame(taskId, found)) {
        throw violation(
            remains,
            taskId,
            "has another output",
            undisturbed.text(taskId, found) + ", as in the undisturbed run",
            found.text(taskId, undisturbed)
                + (before ? ", recorded before the crash" : ", from the resumed run"),
            found.all().containsKey(taskId) && undisturbed.all().containsKey(taskId)
                ? advice(taskId, remains)
                : "the DAG, or the elements of a map, must be the same in every process");
      }
    }
  }

  private String advice(String taskId, Remains remains) {
    String declared = mapOrTask(taskId);
    List<String> inputs = undisturbed.dag().find(declared).stream()
        .flatMap(task -> task.dependencies().stream())
        .map(Task::id)
        .toList();
    StringBuilder advice = new StringBuilder();
    inputs.stream()
        .filter(settings::ignores)
        .findFirst()
        .ifPresentOrElse(
            input -> advice.append("it depends on '" + input + "', which is ignored"),
            () -> advice.append(
                "its body probably is not deterministic, or reads something outside of its inputs:"
                    + " a clock, a random number, a static field, a file; pass it in as the output"
                    + " of a task of its own"));
    if (!remains.durable.containsKey(taskId)) {
      inputs.stream()
          .filter(remains.durable::containsKey)
          .findFirst()
          .ifPresent(input -> advice.append("; or its input from '" + input
              + "' is not the same when it is read back from its record, such as a field that is"
              + " not stored"));
    }
    return advice + "; or if it may differ, say ignoring(\"" + declared + "\")";
  }

  private String mapOrTask(String taskId) {
    Dag dag = undisturbed.dag();
    int bracket = taskId.indexOf('[');
    return dag.find(taskId).isEmpty() && bracket > 0 ? taskId.substring(0, bracket) : taskId;
  }

  private AssertionError violation(
      Remains remains,
      @Nullable String taskId,
      String what,
      String expected,
      String found,
      String wayOut) {
    return violation(remains, taskId, what, expected, found, wayOut, null);
  }

  private AssertionError violation(
      Remains remains,
      @Nullable String taskId,
      String what,
      String expected,
      @Nullable String found,
      String wayOut,
      @Nullable Throwable cause) {
    String subject = taskId == null ? "DAG '" : "task '" + taskId + "' of DAG '";
    return new AssertionError(
        subject + undisturbed.dag().name() + "' " + what
            + "\n  crash:      " + point.describe(remains.crashedAt)
            + settings.seedInWords()
            + "\n  expected:   " + expected
            + "\n  found:      " + found
            + "\n  what to do: " + wayOut,
        cause);
  }
}
