package dev.duraflow.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DemoTest {
  @TempDir
  private Path directory;

  /** What a call of the program printed. */
  private record Outcome(int exitCode, String results, String messages) {}

  private Outcome demo(String... options) {
    List<String> args = new ArrayList<>(List.of(options));
    args.addAll(List.of("--store", path("store")));
    if (!args.contains("--out")) {
      args.addAll(List.of("--out", path("page.html")));
    }
    ByteArrayOutputStream results = new ByteArrayOutputStream();
    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    int exitCode = Demo.execute(
        new PrintStream(results, false, UTF_8),
        new PrintStream(messages, false, UTF_8),
        args.toArray(String[]::new));
    return new Outcome(exitCode, text(results), text(messages));
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(UTF_8).replace(System.lineSeparator(), "\n");
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  @Test
  void demo_writesThePageAndTellsTheWorst() {
    Outcome outcome = demo();

    assertThat(outcome.exitCode()).as(outcome.messages()).isZero();
    assertThat(outcome.results()).isEqualTo(path("page.html") + """


        worst airports             flights  mean delay  over 15 min late
        JFK  New York, NY              200    16.2 min              34 %
        RIC  Richmond, VA               50    14.4 min              30 %
        ROC  Rochester, NY              58    13.4 min              29 %
        SEA  Seattle, WA               339    13.3 min              31 %
        SMF  Sacramento, CA            121    13.1 min              25 %
        """);
    assertThat(outcome.messages()).contains("run flights-2001: reused 0 of 229 tasks, ran 229, ");
    assertThat(directory.resolve("page.html"))
        .content()
        .startsWith("<!DOCTYPE html>")
        .endsWith("</html>\n");
  }

  @Test
  void demo_again_reusesEverythingAndWritesTheSamePage() {
    demo();

    Outcome again = demo("--slow", "5000", "--out", path("deep/er/again.html"));

    assertThat(again.messages()).contains("reused 229 of 229 tasks, ran 0, ");
    assertThat(directory.resolve("deep/er/again.html"))
        .hasSameBinaryContentAs(directory.resolve("page.html"));
    assertThat(directory.resolve("deep/er")).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void demo_underAnotherRunId_beginsAnew() {
    demo();

    assertThat(demo("--run", "another").messages()).contains("run another: reused 0 of 229 tasks");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--slow=-1", "--slow=fast", "--slow=99999999999", "--slow", "--unknown", "surplus"
      })
  void demo_withWrongArguments_saysSoInOneLine(String argument) {
    Outcome outcome = demo(argument);

    assertThat(outcome.exitCode()).isEqualTo(2);
    assertThat(outcome.results()).isEmpty();
    assertThat(outcome.messages())
        .startsWith("duraflow demo: ")
        .endsWith("; --help lists the options\n")
        .hasLineCount(1);
  }

  @Test
  void demo_withADirectoryAsPage_isRefusedBeforeItRuns() {
    Outcome outcome = demo("--out", directory.toString());

    assertThat(outcome.exitCode()).isEqualTo(2);
    assertThat(outcome.messages()).contains("--out must name a file").hasLineCount(1);
    assertThat(directory.resolve("store")).doesNotExist();
  }

  @Test
  void demo_onARunThatIsHeld_saysByWhom() {
    try (Store store = Store.journal(directory.resolve("store"));
        OpenRun held = store.open("flights-2001")) {
      Outcome outcome = demo();

      assertThat(held.find("flights")).isEmpty();
      assertThat(outcome.exitCode()).isEqualTo(1);
      assertThat(outcome.messages())
          .hasLineCount(1)
          .startsWith("duraflow demo: run 'flights-2001' is held by process ")
          .contains(String.valueOf(ProcessHandle.current().pid()));
    }
  }

  @Test
  void demo_withAFileAsStore_namesIt() throws Exception {
    Files.writeString(directory.resolve("store"), "not a directory");

    Outcome outcome = demo();

    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.messages()).hasLineCount(1).contains(path("store"));
  }

  @Test
  void demo_thatCannotWriteThePage_keepsTheRun() throws Exception {
    Files.writeString(directory.resolve("file"), "");

    Outcome outcome = demo("--out", path("file/page.html"));

    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.messages())
        .contains("the page could not be written to " + path("file/page.html"));
    assertThat(demo().messages()).contains("reused 229 of 229 tasks");
  }

  @Test
  void verbose_showsStackTraces() throws Exception {
    Files.writeString(directory.resolve("store"), "not a directory");

    assertThat(demo("--verbose").messages()).contains("\tat dev.duraflow.");
  }

  @Test
  void help_listsTheOptions() {
    Outcome outcome = demo("--help");

    assertThat(outcome.exitCode()).isZero();
    assertThat(outcome.results())
        .startsWith("Usage: duraflow demo ")
        .contains("--store=DIR", "--run=ID", "--slow=MILLIS", "--out=FILE");
    assertThat(outcome.messages()).isEmpty();
  }
}
