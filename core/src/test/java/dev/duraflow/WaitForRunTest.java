package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class WaitForRunTest {
  private final Dag dag = Dag.named("wanted");
  private final Task<Integer> task = dag.task("task", () -> 1);

  @TempDir
  Path directory;

  private Duraflow waiting(Duration limit) {
    return Duraflow.builder().store(directory).waitForRun(limit).build();
  }

  @Test
  void run_thatSomebodyHas_isTakenOnceItIsGivenUp() throws Exception {
    try (Duraflow duraflow = waiting(Duration.ofMinutes(1));
        Store store = Store.journal(directory)) {
      OpenRun held = store.open("wanted");
      FutureTask<Integer> waiter = new FutureTask<>(() -> duraflow.run(dag).get(task));
      CountDownLatch began = new CountDownLatch(1);
      Thread thread = new Thread(() -> {
        began.countDown();
        waiter.run();
      });
      thread.start();
      began.await();
      while (thread.getState() != Thread.State.TIMED_WAITING) {
        assertThat(waiter.isDone()).isFalse();
        Thread.onSpinWait();
      }
      held.close();
      assertThat(waiter.get(1, TimeUnit.MINUTES)).isEqualTo(1);
    }
  }

  @Test
  void run_thatSomebodyKeeps_saysWhoAndHowLongItWasWaitedFor() {
    try (Duraflow duraflow = waiting(Duration.ofMillis(30));
        Store store = Store.journal(directory);
        OpenRun held = store.open("wanted")) {
      assertThat(held.find("task")).isEmpty();
      assertThatThrownBy(() -> duraflow.run(dag))
          .isInstanceOf(RunLockedException.class)
          .hasMessageMatching(
              "run 'wanted' is held by process " + ProcessHandle.current().pid()
                  + " on host \\S+ since \\S+, and was still after waiting for \\d+ ms; .*")
          .extracting(e -> ((RunLockedException) e).holder().pid())
          .isEqualTo(ProcessHandle.current().pid());
    }
  }

  @Test
  void interrupt_endsTheWait_andStaysSet() {
    try (Duraflow duraflow = waiting(Duration.ofDays(1));
        Store store = Store.journal(directory);
        OpenRun held = store.open("wanted")) {
      assertThat(held.find("task")).isEmpty();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> duraflow.run(dag)).isInstanceOf(RunLockedException.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void waitForRun_isNotNegative() {
    assertThatThrownBy(() -> Duraflow.builder().waitForRun(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("waitForRun must not be negative: PT-0.001S");
  }
}
