package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.event.RunState;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class CrewTest {
  private static final int WIDTH = 100;

  /**
   * Layers of tiny tasks, at which one worker does better alone, and after each some layers two tasks that wait for each other:
   * these end only if the other worker comes back.
   */
  private static Dag tinyTasksBetweenOnesThatNeedTwo() {
    Dag dag = Dag.named("layers");
    List<Task<Integer>> above = new ArrayList<>();
    for (int i = 0; i < WIDTH; i++) {
      above.add(dag.task("0/" + i, () -> 1));
    }
    for (int layer = 1; layer < 200; layer++) {
      CountDownLatch both = new CountDownLatch(2);
      List<Task<Integer>> next = new ArrayList<>();
      for (int i = 0; i < WIDTH; i++) {
        boolean meets = layer % 50 == 0 && i < 2;
        next.add(dag.task(
            layer + "/" + i,
            above.get(i),
            above.get((i + 1) % WIDTH),
            (left, right) -> meets ? meet(both) : left + right & 127));
      }
      above = next;
    }
    return dag;
  }

  private static int meet(CountDownLatch both) throws InterruptedException {
    both.countDown();
    both.await();
    return 1;
  }

  private static void checkEnds(Consumer<Execution> way) throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(2);
    try {
      for (int i = 0; i < 50; i++) {
        Execution execution = new Execution(
            tinyTasksBetweenOnesThatNeedTwo(),
            "run",
            TestSettings.of(pool, 3, FailurePolicy.FAIL_FAST, List.of(), Clock.systemUTC()),
            null,
            Durations.unknown());
        way.accept(execution);
        execution.await();
        assertThat(execution.state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(execution.completed()).isEqualTo(execution.total());
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void whoStandsByWhileTasksAreTiny_comesBackWhenOneTakesLong() throws InterruptedException {
    checkEnds(Execution::run);
  }

  @Test
  void whoStandsByWhileTasksAreTiny_comesBackWhenOneTakesLong_withoutCaller()
      throws InterruptedException {
    checkEnds(Execution::start);
  }
}
