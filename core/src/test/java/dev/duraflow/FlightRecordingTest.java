package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FlightRecordingTest {
  @Test
  void recording_holdsAnEventForEachBody(@TempDir Path directory) throws Exception {
    Dag dag = Dag.named("recorded");
    Task<Integer> one = dag.task("one", () -> 1);
    dag.task("two", one, x -> x + 1);
    dag.task("bad", one, x -> {
      throw new IllegalStateException("on purpose");
    });
    Path file = directory.resolve("run.jfr");
    try (Recording recording = new Recording();
        Duraflow duraflow =
            Duraflow.builder().failurePolicy(FailurePolicy.KEEP_GOING).build()) {
      recording.enable("duraflow.Task").withoutThreshold();
      recording.start();
      Run run = duraflow.start(dag, "seen");
      while (!run.await(java.time.Duration.ofSeconds(1))) {}
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    assertThat(events)
        .extracting(
            e -> e.getString("run"), e -> e.getString("task"), e -> e.getBoolean("succeeded"))
        .containsExactlyInAnyOrder(
            tuple("seen", "one", true), tuple("seen", "two", true), tuple("seen", "bad", false));
  }
}
