package dev.duraflow.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.DagFingerprint;
import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link TaskEngine} has to do, as JUnit tests: an adapter's test class implements this interface, brings a store and an
 * engine with at least one worker, and inherits the tests. Workers may be in other processes of the same machine; they are given
 * {@link #factories()}.
 *
 * {@snippet :
 * final class MyEngineTest implements TaskEngineContract {
 *     private final SharedStore store = ...;
 *     private final TaskWorker worker = TaskWorker.on(store, TaskEngineContract.factories());
 *
 *     @Override
 *     public SharedStore store() {
 *         return store;
 *     }
 *
 *     @Override
 *     public TaskEngine engine() {
 *         return new MyEngine(worker);
 *     }
 * }
 * }
 *
 * <p>The tests cannot kill a worker; what becomes of its invocations then is for the adapter's own tests. They wait up to a minute
 * for what an engine may do late. The assertions are those of AssertJ.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
public interface TaskEngineContract {
  /** What the workers have to be given. */
  static DagFactories factories() {
    return ContractDags.ALL;
  }

  /** The store that the workers have too, the same at each call within one test. It finds none of the runs that the test begins. */
  SharedStore store();

  /** The engine, the same at each call within one test. */
  TaskEngine engine();

  /** A run that the test owns, and the log of what its bodies did. */
  private Part begin() {
    CallLog calls = CallLog.inNewFile();
    return new Part(engine(), store().open("run"), calls);
  }

  /** One run of {@link ContractDags#PARTS}. */
  final class Part implements AutoCloseable {
    private final TaskEngine engine;
    private final OpenRun run;
    private final CallLog calls;
    private final DagFactory<String> factory = ContractDags.PARTS;
    private final Dag dag;

    private Part(TaskEngine engine, OpenRun run, CallLog calls) {
      this.engine = engine;
      this.run = run;
      this.calls = calls;
      this.dag = factory.create(calls.path());
    }

    private Invocation invocation(String taskId, int attempt) {
      return new Invocation(
          "run",
          run.epoch(),
          factory.name(),
          dag.origin().orElseThrow().parameters(),
          DagFingerprint.of(dag),
          taskId,
          attempt);
    }

    private CompletableFuture<Void> submit(Invocation invocation) {
      try {
        return engine.submit(invocation).toCompletableFuture();
      } catch (RuntimeException e) { // it may throw as well
        return CompletableFuture.failedFuture(e);
      }
    }

    private void perform(String taskId) {
      submit(invocation(taskId, 1)).join();
    }

    private String text(String taskId) throws IOException {
      TaskRecord record = run.findShared(taskId).orElseThrow();
      return new String(record.payload().bytes(), UTF_8);
    }

    private Throwable failure(Invocation invocation) {
      CompletionException e = catchThrowableOfType(
          CompletionException.class, () -> submit(invocation).join());
      assertThat(e).as("%s was to fail", invocation).isNotNull();
      return Objects.requireNonNull(e.getCause());
    }

    @Override
    public void close() {
      run.close();
    }
  }

  @Test
  default void submit_hasTheBodyCalled_andItsOutputRecorded() throws IOException {
    try (Part part = begin()) {
      part.perform("greeting");

      assertThat(part.text("greeting")).isEqualTo("\"hello\"");
      assertThat(part.calls.lines()).containsExactly("greeting");
    }
  }

  @Test
  default void body_getsTheRecordedOutputsOfItsDependencies() throws IOException {
    try (Part part = begin()) {
      part.perform("greeting");
      part.perform("length");

      assertThat(part.text("length")).isEqualTo("5");
    }
  }

  @Test
  default void body_seesItsContext() throws IOException {
    try (Part part = begin()) {
      part.submit(part.invocation("told", 3)).join();

      assertThat(part.text("told")).isEqualTo("\"run/told 3 false\"");
      assertThat(part.run.findShared("told").orElseThrow().attempt()).isEqualTo(3);
    }
  }

  @Test
  default void sameInvocation_submittedAgain_recordsOnce() throws IOException {
    try (Part part = begin()) {
      Invocation invocation = part.invocation("greeting", 1);
      List<CompletableFuture<Void>> stages = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        stages.add(part.submit(invocation));
      }
      stages.forEach(CompletableFuture::join);
      part.submit(invocation).join();

      assertThat(part.text("greeting")).isEqualTo("\"hello\"");
      assertThat(part.calls.lines()).containsExactly("greeting");
    }
  }

  @Test
  default void laterAttempt_atWhatIsRecorded_doesNothing() throws IOException {
    try (Part part = begin()) {
      part.perform("greeting");
      part.submit(part.invocation("greeting", 2)).join();

      assertThat(part.calls.lines()).containsExactly("greeting");
      assertThat(part.run.findShared("greeting").orElseThrow().attempt()).isEqualTo(1);
    }
  }

  @Test
  default void bodyThatThrows_failsTheStageWithItsFailureAsText() {
    try (Part part = begin()) {
      Throwable failure = part.failure(part.invocation("bad", 1));

      assertThat(failure).isInstanceOfSatisfying(RemoteTaskException.class, e -> {
        assertThat(e.taskId()).isEqualTo("bad");
        assertThat(e.failureType()).isEqualTo("java.lang.IllegalStateException");
        assertThat(e.failureMessage()).isEqualTo("no luck");
        assertThat(e.failureText())
            .contains("Caused by: java.io.IOException: disk full")
            .contains("ContractDags");
        assertThat(e.advice()).isEqualTo(RemoteTaskException.Advice.UNDECIDED);
      });
      assertThat(part.run.findShared("bad")).isEmpty();
    }
  }

  @Test
  default void bodyThatFailed_isCalledAgainForTheNextAttempt() {
    try (Part part = begin()) {
      part.failure(part.invocation("bad", 1));
      part.failure(part.invocation("bad", 2));

      assertThat(part.calls.lines()).containsExactly("bad", "bad");
    }
  }

  @Test
  default void exceptionThatNothingCanCarry_isToldByItsClass() {
    try (Part part = begin()) {
      assertThat(part.failure(part.invocation("odd", 1)))
          .isInstanceOfSatisfying(RemoteTaskException.class, e -> {
            assertThat(e.failureType()).endsWith("$Odd");
            assertThat(e.failureMessage()).isEmpty();
          });
    }
  }

  @Test
  default void unknownTask_fails() {
    try (Part part = begin()) {
      assertThat(part.failure(part.invocation("nobody/knows[it]", 1)))
          .isInstanceOf(PlacementException.class)
          .hasMessageContaining("nobody/knows[it]");
    }
  }

  @Test
  default void unknownFactory_fails() {
    try (Part part = begin()) {
      Invocation known = part.invocation("greeting", 1);
      Invocation unknown = new Invocation(
          known.runId(),
          known.epoch(),
          "unheard-of",
          known.parameters(),
          known.fingerprint(),
          known.taskId(),
          known.attempt());

      assertThat(part.failure(unknown))
          .isInstanceOf(PlacementException.class)
          .hasMessageContaining("unheard-of")
          .hasMessageContaining("contract-parts");
    }
  }

  @Test
  default void anotherVersionOfTheDag_fails_andBothAreNamed() {
    try (Part part = begin()) {
      Invocation known = part.invocation("greeting", 1);
      Invocation other = new Invocation(
          known.runId(),
          known.epoch(),
          known.factory(),
          known.parameters(),
          "0123456789",
          known.taskId(),
          known.attempt());

      assertThat(part.failure(other))
          .isInstanceOf(PlacementException.class)
          .hasMessageContaining("0123456789")
          .hasMessageContaining(known.fingerprint());
      assertThat(part.calls.lines()).isEmpty();
    }
  }

  @Test
  default void invocationOfAnEarlierOwner_isRefused() {
    Invocation earlier;
    CallLog calls;
    try (Part part = begin()) {
      earlier = part.invocation("greeting", 1);
      calls = part.calls;
    }
    try (Part part = begin()) {
      assertThat(part.failure(earlier)).isInstanceOf(PlacementException.class);
      assertThat(calls.lines()).isEmpty();
      assertThat(part.run.findShared("greeting")).isEmpty();
    }
  }

  @Test
  default void cancel_interruptsTheBody_andItsOutputIsNotRecorded() {
    try (Part part = begin()) {
      CompletableFuture<Void> stage = part.submit(part.invocation("waits", 1));
      part.calls.await("waits");
      stage.cancel(true);
      part.calls.await("interrupted");

      assertThat(catchThrowableOfType(CancellationException.class, stage::join)).isNotNull();
      part.perform("greeting"); // the worker is free again
      assertThat(part.run.findShared("waits")).isEmpty();
    }
  }

  @Test
  default void manyAtOnce_areAllPerformed() {
    try (Part part = begin()) {
      List<CompletableFuture<Void>> stages = new ArrayList<>(IntStream.rangeClosed(1, 300)
          .mapToObj(
              attempt -> part.submit(part.invocation(attempt % 2 == 0 ? "bad" : "told", attempt)))
          .toList());
      Collections.shuffle(stages);
      long failed = stages.stream()
          .filter(stage -> stage.handle((done, e) -> e != null).join())
          .count();

      assertThat(failed).isEqualTo(150);
      assertThat(part.calls.lines()).hasSize(150);
    }
  }

  @Test
  default void wholeRun_goesAsOnOneMachine() {
    CallLog calls = CallLog.inNewFile();
    Dag dag = ContractDags.WHOLE.create(calls.path());
    try (Duraflow duraflow = Duraflow.builder()
        .store(store())
        .taskEngine(engine())
        .maxConcurrency(20)
        .build()) {
      Run run = duraflow.run(dag, "whole");

      assertThat(run.get(dag.find("sum").orElseThrow())).isEqualTo(ContractDags.sum());
      assertThat(run.find("grown/scaled[a/3]", Integer.class)).contains(21);
      List<String> expected = new ArrayList<>(IntStream.range(0, ContractDags.ELEMENTS)
          .mapToObj(n -> "square[" + n + "]")
          .toList());
      expected.add("first");
      assertThat(calls.lines()).containsExactlyInAnyOrderElementsOf(expected);

      Run again = duraflow.run(ContractDags.WHOLE.create(calls.path()), "whole");
      assertThat(again.reused()).isEqualTo(again.total());
    }
  }
}
