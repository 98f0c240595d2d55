package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.ManualTime;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Retry;
import dev.duraflow.event.RunState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Tasks that begin to wait, and whoever may come for them: the scheduler, and who cancels. On every interleaving of a few steps all
 * get their turn or are given up, once, and at once if the run is cancelled. What limits do by themselves is in {@link
 * LimitsModelTest}.
 */
final class FlowInterleavingsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Held, or nobody keeps its level. */
  private static final Logger LOGGER = Logger.getLogger("dev.duraflow");

  @BeforeAll
  static void silence() {
    LOGGER.setLevel(Level.OFF); // what schedulers refuse is logged, where Lincheck can't follow
  }

  @AfterAll
  static void speakAgain() {
    LOGGER.setLevel(null);
  }

  /** An engine with runs whose tasks are taken by hand. */
  private static final class Engine {
    private static final Dag DAG = dag();

    private final ManualTime time = new ManualTime();
    private final Limits limits = new Limits(time, time.clock());
    private final Queue<Runnable> sent = new ArrayDeque<>();

    private static Dag dag() {
      Dag dag = Dag.named("dag");
      dag.task("task", () -> 1);
      return dag;
    }

    Execution run(Dag dag) {
      Settings settings = TestSettings.of(
          sent::add, 1, FailurePolicy.FAIL_FAST, List.of(), time.clock(), time, limits);
      return new Execution(dag, "run", settings, null, Durations.unknown(), 1);
    }

    /** A run that does not begin, and holds one token. */
    Execution run() {
      return run(DAG);
    }

    /** Everything else has been given back, if the last token ends the run. */
    static void end(Execution run) {
      if (run.state() != RunState.RUNNING) {
        throw new IllegalStateException("a token has been given back twice");
      }
      run.returnTokens(1);
      if (run.state() == RunState.RUNNING) {
        throw new IllegalStateException("a token has not come back");
      }
    }

    static boolean takeReady(Execution run) {
      for (Ready.Entry top = run.ready.choose(); top != null; top = run.ready.choose()) {
        if (run.ready.pop(top)) {
          return true;
        }
      }
      return false;
    }
  }

  /** A run whose tasks wait for a time, with a scheduler that may refuse to wake them. */
  public static final class Waits {
    private final Engine engine = new Engine();
    private final Execution run = engine.run();

    @Operation
    public void add() {
      if (run.isStopping()) {
        return;
      }
      run.addTokens(1);
      try {
        run.waiting.add(run.root, 0, SECOND);
      } catch (RejectedExecutionException refusal) {
        run.returnTokens(1);
      }
    }

    @Operation
    public void time() {
      engine.time.advance(SECOND);
    }

    @Operation
    public void cancel() {
      run.cancel();
    }

    @Operation
    public void refuse() {
      engine.time.refuse(new RejectedExecutionException("shut down"));
    }

    @Validate
    public void nobodyIsLost() {
      if (!run.isStopping()) {
        engine.time.advance(SECOND);
      }
      while (Engine.takeReady(run)) {
        run.returnTokens(1);
      }
      Engine.end(run);
    }
  }

  private static ModelCheckingOptions everyInterleaving() {
    return new ModelCheckingOptions()
        .iterations(5)
        .invocationsPerIteration(60)
        .threads(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .actorsPerThread(2);
  }

  @Test
  void whoWaitsForATime_hasItsTurnOrIsGivenUp_onEveryInterleaving() {
    everyInterleaving().check(Waits.class);
  }

  /** Runs a DAG of one task until nobody has anything to do; no time passes. */
  private static RunState run(Engine engine, Dag dag, AtomicReference<Execution> own) {
    Execution run = engine.run(dag);
    own.set(run);
    run.start();
    for (Runnable worker = engine.sent.poll(); worker != null; worker = engine.sent.poll()) {
      worker.run();
    }
    return run.state();
  }

  private static Integer fail() {
    throw new IllegalStateException("not yet");
  }

  @Test
  void runThatIsCancelled_justBeforeItsTaskWaitsForATime_endsAtOnce() {
    AtomicReference<Execution> own = new AtomicReference<>();
    Dag dag = Dag.named("dag");
    dag.task("task", FlowInterleavingsTest::fail)
        .retry(Retry.times(2).backoff(SECOND).retryIf(e -> {
          own.get().cancel(); // the last that is asked before it waits
          return true;
        }));
    assertThat(run(new Engine(), dag, own)).isEqualTo(RunState.CANCELLED);
  }

  @Test
  void runThatIsCancelled_justBeforeItsTaskWaitsForAPermit_endsAtOnce() {
    Limit rate = Limit.perSecond("rate", 1);
    AtomicReference<Execution> own = new AtomicReference<>();
    Engine engine = new Engine();
    Dag dag = Dag.named("dag");
    dag.task("task", () -> 1).limit(rate);
    assertThat(run(engine, dag, own)).isEqualTo(RunState.SUCCEEDED);
    engine.time.whenAsked(() -> own.get().cancel()); // before it is in the queue
    assertThat(run(engine, dag, own)).isEqualTo(RunState.CANCELLED);
  }
}
