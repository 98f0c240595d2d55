package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.ManualTime;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Limit;
import dev.duraflow.event.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.RejectedExecutionException;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What limits promise, after each step of all short sequences of steps, and of many long ones. One lock guards all that limits do,
 * so what threads do at the same time is such a sequence; what is done without the lock is in {@link FlowInterleavingsTest}.
 */
final class LimitsModelTest {
  /** Half a second apart, and last by its name, so that who goes on has got it just then. */
  private static final Limit RATE = Limit.perSecond("rate", 2);

  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final Limit A = Limit.concurrent("a", 1);
  private static final Limit B = Limit.concurrent("b", 2);
  private static final List<Limit> ALL = List.of(A, B, RATE);
  private static final int MOST_TASKS = 40;
  private static final Dag DAG = dag();

  /** Held, or nobody keeps its level. */
  private static final Logger LOGGER = Logger.getLogger("dev.duraflow");

  private static Dag dag() {
    Dag dag = Dag.named("dag");
    for (int i = 0; i < MOST_TASKS; i++) {
      dag.task("task-" + i, () -> 1);
    }
    return dag;
  }

  @BeforeAll
  static void silence() {
    LOGGER.setLevel(Level.OFF); // of schedulers that refuse there is no end
  }

  @AfterAll
  static void speakAgain() {
    LOGGER.setLevel(null);
  }

  private enum State {
    WAITING,
    RUNNING,
    DONE,
    /** Its run is cancelled, or the scheduler has refused it. */
    GIVEN_UP
  }

  private static final class Asker {
    final int run;
    final List<Limit> limits;
    State state = State.WAITING;

    @Nullable
    Instant began;

    Asker(int run, List<Limit> limits) {
      this.run = run;
      this.limits = limits;
    }
  }

  private interface Step {
    void take(World world);
  }

  private static Step ask(int run, Limit... limits) {
    return world -> world.ask(run, List.of(limits));
  }

  private static final List<Step> CONCURRENT = List.of(
      ask(0, A),
      ask(0, A, B),
      ask(1, B),
      ask(1, A, B),
      world -> world.release(0),
      world -> world.release(1),
      world -> world.cancel(0));

  private static final List<Step> IN_TIME = List.of(
      ask(0, RATE),
      ask(1, RATE),
      ask(0, A, RATE),
      world -> world.release(0),
      world -> world.cancel(0),
      World::pass,
      World::passUnheard,
      World::refuse);

  /** Two runs of one engine, whose tasks are begun and ended by hand. */
  private static final class World {
    private final ManualTime time = new ManualTime();
    private final Limits limits = new Limits(time, time.clock());
    private final Execution[] runs = {run(), run()};
    private final List<Asker> askers = new ArrayList<>();
    private int refusals;

    private Execution run() {
      Settings settings = TestSettings.of(
          command -> {}, 1, FailurePolicy.FAIL_FAST, List.of(), time.clock(), time, limits);
      return new Execution(DAG, "run", settings, null, Durations.unknown(), 1);
    }

    void ask(int run, List<Limit> wanted) {
      Execution execution = runs[run];
      if (execution.isStopping() || askers.size() == MOST_TASKS) {
        return;
      }
      Asker asker = new Asker(run, wanted);
      askers.add(asker);
      execution.addTokens(1);
      try {
        if (limits.acquire(execution, execution.root, askers.size() - 1, wanted)) {
          begin(asker);
        }
      } catch (RejectedExecutionException | OutOfMemoryError refused) {
        giveUp(asker);
        execution.returnTokens(1);
      }
      look();
    }

    private void begin(Asker asker) {
      assertThat(asker.state).isEqualTo(State.WAITING);
      asker.state = State.RUNNING;
      asker.began = time.clock().instant();
      if (asker.limits.contains(RATE)) {
        for (Asker other : askers) {
          if (other != asker && other.began != null && other.limits.contains(RATE)) {
            assertThat(Duration.between(other.began, asker.began)).isGreaterThanOrEqualTo(INTERVAL);
          }
        }
      }
    }

    private static void giveUp(Asker asker) {
      assertThat(asker.state).isEqualTo(State.WAITING);
      asker.state = State.GIVEN_UP;
    }

    /** Ends the oldest or a younger one of those that run. */
    void release(int which) {
      List<Asker> running = in(State.RUNNING);
      if (which < running.size()) {
        Asker asker = running.get(which);
        asker.state = State.DONE;
        limits.release(asker.limits);
        runs[asker.run].returnTokens(1);
        look();
      }
    }

    void cancel(int run) {
      runs[run].cancel();
      look();
    }

    void pass() {
      time.advance(Duration.ZERO); // what is late
      look();
      time.advance(INTERVAL);
      look();
    }

    /** The alarm is late, and who asks meanwhile is early. */
    void passUnheard() {
      time.advanceUnheard(INTERVAL);
      look();
    }

    /** From now on, or no more; by turns as schedulers do that are shut down, and as if there were no more threads. */
    void refuse() {
      refusals++;
      time.refuse(
          refusals % 2 == 0
              ? null
              : refusals % 4 == 1
                  ? new RejectedExecutionException("shut down")
                  : new OutOfMemoryError("no more threads"));
    }

    private List<Asker> in(State state) {
      return askers.stream().filter(asker -> asker.state == state).toList();
    }

    /** Begins what may go on, and compares everything with what is promised. */
    private void look() {
      for (int run = 0; run < runs.length; run++) {
        Execution execution = runs[run];
        if (execution.isStopping()) { // and has given up what waited
          for (Asker asker : in(State.WAITING)) {
            if (asker.run == run) {
              giveUp(asker);
            }
          }
        }
        for (Ready.Entry top = execution.ready.choose();
            top != null;
            top = execution.ready.choose()) {
          assertThat(execution.ready.pop(top)).isTrue();
          Asker asker = askers.get(top.task);
          assertThat(top.permits).isEqualTo(asker.limits);
          begin(asker);
        }
      }
      for (Limit limit : List.of(A, B)) {
        assertThat(count(State.RUNNING, limit)).isLessThanOrEqualTo(limit.permits());
      }
      for (int i = 0; i < askers.size(); i++) {
        Asker waiting = askers.get(i);
        if (waiting.state == State.WAITING) {
          assertThat(waiting.limits).as("what may be wanting").anyMatch(this::mayBeWanting);
          for (Asker later : askers.subList(i, askers.size())) {
            assertThat(later.began != null && later.limits.containsAll(waiting.limits))
                .as("who came later has overtaken it")
                .isFalse();
          }
        }
      }
    }

    private int count(State state, Limit limit) {
      return (int)
          in(state).stream().filter(asker -> asker.limits.contains(limit)).count();
    }

    private boolean mayBeWanting(Limit limit) {
      long inTheQueueOfAnother = in(State.WAITING).stream()
          .filter(asker -> asker.limits.contains(limit) && asker.limits.size() > 1)
          .count();
      return !limit.isConcurrency()
          || count(State.RUNNING, limit) + inTheQueueOfAnother >= limit.permits();
    }

    /** Lets all end that can, after which nobody may be left, no token and no permit gone. */
    void end() {
      time.refuse(null);
      for (int round = 0; round <= 2 * askers.size(); round++) {
        while (!in(State.RUNNING).isEmpty()) {
          release(0);
        }
        pass();
      }
      assertThat(in(State.WAITING)).as("nobody serves them").isEmpty();
      for (Execution execution : runs) {
        assertThat(execution.state()).as("has its token still").isEqualTo(RunState.RUNNING);
        execution.returnTokens(1);
        assertThat(execution.state()).as("that was the last").isNotEqualTo(RunState.RUNNING);
      }
      for (Limit limit : ALL) {
        for (int i = 0; i < (limit.isConcurrency() ? limit.permits() : 1); i++) {
          assertThat(limits.acquire(runs[0], runs[0].root, 0, List.of(limit)))
              .as("permit %s of %s", i, limit)
              .isTrue();
        }
      }
    }
  }

  private static void run(List<Step> steps, int... sequence) {
    World world = new World();
    try {
      for (int step : sequence) {
        steps.get(step).take(world);
      }
      world.end();
    } catch (Throwable e) {
      throw new AssertionError("after the steps " + Arrays.toString(sequence), e);
    }
  }

  private static void runAll(List<Step> steps, int length) {
    int[] sequence = new int[length];
    int last;
    do {
      run(steps, sequence);
      last = length - 1;
      while (last >= 0 && sequence[last] == steps.size() - 1) {
        sequence[last--] = 0;
      }
      if (last >= 0) {
        sequence[last]++;
      }
    } while (last >= 0);
  }

  @Test
  void concurrency_afterEverySequenceOfSixSteps() {
    runAll(CONCURRENT, 6);
  }

  @Test
  void rate_andASchedulerThatRefuses_afterEverySequenceOfSixSteps() {
    runAll(IN_TIME, 6);
  }

  @Test
  void all_afterRandomSequences() {
    List<Step> steps = new ArrayList<>(CONCURRENT);
    steps.addAll(IN_TIME);
    steps.add(ask(1, A, B, RATE));
    // Seldom, or there is not much to be seen afterwards.
    steps.remove(CONCURRENT.size() - 1);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      int[] sequence = random.ints(random.nextInt(MOST_TASKS), 0, steps.size()).toArray();
      run(steps, sequence);
    }
  }
}
