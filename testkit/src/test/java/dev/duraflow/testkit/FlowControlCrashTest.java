package dev.duraflow.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Limit;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.Durability;
import dev.duraflow.store.Store;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Retries, outcomes, expansions, streams, steps and limits, crashed at every point where something is recorded. */
final class FlowControlCrashTest {
  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  /** Odd attempts fail, whichever process makes them. */
  private static int flaky(int value) {
    if (TaskContext.current().attempt() % 2 == 1) {
      throw new IllegalStateException("an odd attempt");
    }
    return value;
  }

  private static int inSteps(int value) throws Exception {
    int sum = 0;
    for (int i = 0; i < 3; i++) {
      int part = value + i;
      sum += TaskContext.current().step("part-" + i, () -> part);
    }
    return flaky(sum);
  }

  private static int fails() {
    throw new IllegalStateException("as always");
  }

  private static Task<Integer> countDown(Dag dag, Task<Integer> from) {
    return dag.expand("down", from, (sub, n) -> {
          Task<Integer> less = sub.task("less", () -> n - 1);
          return n <= 1 ? less : countDown(sub, less);
        })
        .returns(Integer.class);
  }

  private static Dag everything() {
    Dag dag = Dag.named("everything").retry(Retry.times(3));
    Limit two = Limit.concurrent("two", 2);
    Task<Integer> start = dag.task("start", () -> flaky(3));
    Task<Integer> steps =
        dag.task("steps", start, FlowControlCrashTest::inSteps).limit(two);
    Task<List<Integer>> range = dag.task("range", () -> List.of(1, 2, 3)).returns(INTEGERS);
    Task<List<Integer>> mapped = dag.map(
            "mapped", range, String::valueOf, FlowControlCrashTest::inSteps)
        .limit(two)
        .timeout(Duration.ofMinutes(1));
    Task<Integer> sum = dag.stream("sum", mapped, all -> all.mapToInt(n -> n).sum());
    Task<Integer> down = countDown(dag, start);
    Task<List<Integer>> nested = dag.expand("nested", range, (sub, numbers) -> {
          Task<List<Integer>> inner = sub.task("inner", () -> numbers).returns(INTEGERS);
          return sub.map("twice", inner, String::valueOf, n -> 2 * n);
        })
        .returns(INTEGERS);
    Task<Integer> fails = dag.task("fails", FlowControlCrashTest::fails).retry(Retry.never());
    Task<Integer> skipped = dag.task("skipped", fails, n -> n);
    Task<Integer> instead = skipped.orElse(7);
    Task<Boolean> told = dag.task("told", fails.outcome(), outcome -> !outcome.isSuccess());
    dag.task(
        "all",
        List.of(steps, sum, down, nested, instead, told),
        in -> "" + in.get(steps) + in.get(sum) + in.get(down) + in.get(nested) + in.get(instead)
            + in.get(told));
    return dag;
  }

  @Test
  void everything_inMemory_survivesEveryCrash() {
    CrashPoints.Tried tried = CrashPoints.everyPersist(everything());
    assertThat(tried.points()).isGreaterThan(35);
  }

  @ParameterizedTest
  @EnumSource
  void everything_inAJournal_survivesCrashes(Durability durability) {
    CrashPoints.Tried tried = CrashPoints.of(everything())
        .on(Store::journal)
        .running(builder -> builder.durability(durability))
        .atMost(4)
        .everyPersist();
    assertThat(tried.points()).isEqualTo(4);
  }
}
