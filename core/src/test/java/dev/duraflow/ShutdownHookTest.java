package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.event.RunState;
import dev.duraflow.store.ForkedJvm;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ShutdownHookTest {
  @TempDir
  Path directory;

  @Test
  void shutdown_cancelsTheRun_whichCanBeResumed() throws Exception {
    try (ForkedJvm process = ForkedJvm.of(ShutdownHookTest.class, directory)) {
      assertThat(process.readLine()).isEqualTo("at work");
      assertThat(process.terminate()).isEqualTo(128 + 15);
    }
    try (RunHistory history = Store.journal(directory).read("dag")) {
      assertThat(history.state()).isEqualTo(RunState.CANCELLED);
      assertThat(history.find("quick")).isPresent();
      assertThat(history.find("slow")).isEmpty();
    }
  }

  @Test
  void close_takesTheHookBack() {
    ShutdownHook hook = ShutdownHook.in(Runtime.getRuntime(), Duration.ZERO);
    hook.close();
    hook.close();
  }

  /** Runs until it is shut down. */
  public static void main(String[] arguments) {
    Dag dag = Dag.named("dag");
    Task<Integer> quick = dag.task("quick", () -> 1);
    dag.task("slow", quick, n -> {
      System.out.println("at work");
      new CountDownLatch(1).await();
      return n;
    });
    try (Duraflow duraflow =
        Duraflow.builder().store(Path.of(arguments[0])).cancelOnShutdown().build()) {
      duraflow.run(dag);
    }
  }
}
