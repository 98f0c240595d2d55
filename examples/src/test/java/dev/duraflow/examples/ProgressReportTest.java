package dev.duraflow.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.event.Progress;
import dev.duraflow.examples.ProgressReport.Detail;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

final class ProgressReportTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** Reports on a DAG of two tasks, of which one is a map of 25 elements; the first {@code reused} tasks are reused. */
  private String report(Detail detail, int reused) {
    try (ProgressReport report =
        new ProgressReport(new PrintStream(bytes, false, UTF_8), detail, 2)) {
      report.accept(new Progress("run", "load", 1, 2, reused > 0));
      for (int i = 2; i <= 26; i++) {
        report.accept(new Progress("run", "work[" + i + "]", i, 27, i <= reused));
      }
      report.accept(new Progress("run", "work", 27, 27, reused > 26));
    }
    return bytes.toString(UTF_8).replace(System.lineSeparator(), "\n");
  }

  @Test
  void lines_areOneForATaskAndOneForATenthOfAMap() {
    assertThat(report(Detail.LINES, 0)).isEqualTo("""
        load: done
        work: 3 of 25
        work: 5 of 25
        work: 8 of 25
        work: 10 of 25
        work: 13 of 25
        work: 15 of 25
        work: 18 of 25
        work: 20 of 25
        work: 23 of 25
        work: 25 of 25
        work: done
        """);
  }

  @Test
  void lines_tellWhatIsReused() {
    assertThat(report(Detail.LINES, 11).lines())
        .contains(
            "load: reused", "work: 8 of 25, 8 of them reused", "work: 25 of 25, 10 of them reused");
  }

  @Test
  void tasks_areOneLineForEach() {
    assertThat(report(Detail.TASKS, 2).lines())
        .hasSize(27)
        .startsWith("reused load", "reused work[2]", "ran work[3]")
        .endsWith("ran work");
  }

  @Test
  void row_isWrittenOverAndTakenAway() {
    assertThat(report(Detail.ROW, 0))
        .startsWith("\r\u001b[K###############---------------  1 of 2 tasks  load\r")
        .contains("\r\u001b[K##############################  27 of 27 tasks  work\r")
        .doesNotContain("\n")
        .endsWith("\r\u001b[K");
  }
}
