package dev.duraflow.examples.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo on a cluster, as users see it: with processes, a PostgreSQL, and kills. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class ClusterDemoTest {
  /** All but the list of delays, which the run itself makes. */
  private static final int BY_WORKERS = 228;

  @TempDir
  private static Path directory;

  @BeforeAll
  static void onOneMachine() throws Exception {
    try (Program demo = Program.start(
        "dev.duraflow.examples.Demo",
        directory.resolve("one.log"),
        "--store=" + directory.resolve("one"),
        "--out=" + directory.resolve("one.html"))) {
      demo.finish();
    }
  }

  /** The runs of all tests are in one database. */
  private static Program demo(String run, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add("--run=" + run);
    arguments.add("--store=" + directory.resolve("database"));
    arguments.add("--out=" + page(run));
    return Program.start(
        ClusterDemo.class.getName(),
        Files.createTempFile(directory, run, ".log"),
        arguments.toArray(String[]::new));
  }

  private static Path page(String run) {
    return directory.resolve(run + ".html");
  }

  private static void checkPage(String run) {
    assertThat(page(run)).hasSameBinaryContentAs(directory.resolve("one.html"));
  }

  private static List<Integer> numbers(String pattern, String text) {
    return Pattern.compile(pattern, Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map(match -> Integer.parseInt(match.group(1)))
        .toList();
  }

  private static int sum(List<Integer> numbers) {
    return numbers.stream().mapToInt(n -> n).sum();
  }

  @Test
  void page_isThatOfOneMachine() throws Exception {
    try (Program demo = demo("two", "--cluster=2")) {
      String messages = demo.finish();

      checkPage("two");
      assertThat(messages).contains("run two: reused 0 of 229 tasks, ran 229, ");
      List<Integer> tasks = numbers("^worker \\d+ ran (\\d+) tasks?$", messages);
      assertThat(tasks).hasSize(2);
      assertThat(sum(tasks)).isEqualTo(BY_WORKERS);
    }
  }

  @Test
  void page_isThatOfOneMachine_whateverIsKilled() throws Exception {
    try (Program demo = demo("chaos", "--cluster=3", "--chaos", "--slow=20", "--verbose")) {
      String messages = demo.finish();

      checkPage("chaos");
      assertThat(messages).contains("run chaos: reused 0 of 229 tasks, ran 229, ");
      List<Integer> killed = numbers("^worker (\\d+) was killed\\b", messages);
      assertThat(killed).hasSizeGreaterThanOrEqualTo(2).doesNotHaveDuplicates();
      assertThat(numbers("^worker (\\d+) ran \\d+ tasks?, then it was killed$", messages))
          .containsExactlyInAnyOrderElementsOf(killed);
      assertThat(sum(numbers("^worker \\d+ ran (\\d+) task", messages))).isEqualTo(BY_WORKERS);
      assertThat(numbers("^ran \\S+ on worker (\\d+)$", messages)).hasSize(BY_WORKERS);
    }
  }

  @Test
  void demoThatIsKilled_takesItsProcessesAlong_andGoesOn() throws Exception {
    List<ProcessHandle> processes;
    try (Program demo = demo("killed", "--cluster=2", "--slow=200")) {
      demo.await("delay: 44 of 220");
      processes = new ArrayList<>(demo.descendants());
      assertThat(processes).as("two workers, and what has the server").hasSize(3);
      checkArguments(processes);
      processes.add(server());
      demo.kill();
    }
    for (ProcessHandle process : processes) {
      process.onExit().get(1, TimeUnit.MINUTES);
    }
    assertThat(page("killed")).doesNotExist();

    try (Program demo = demo("killed", "--cluster=2")) {
      String messages = demo.finish();

      checkPage("killed");
      assertThat(numbers("^run killed: reused (\\d+) of 229 tasks", messages))
          .singleElement()
          .satisfies(reused -> assertThat(reused).isBetween(44, 228));
    }
  }

  /** Everybody on this machine can see them, so they must hold no password, neither in the URL nor beside it. */
  private static void checkArguments(List<ProcessHandle> processes) throws IOException {
    List<String> ofDatabases = new ArrayList<>();
    for (ProcessHandle process : processes) {
      Path arguments = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      if (Files.exists(arguments)) { // on Linux
        for (String argument : Files.readString(arguments).split("\0", -1)) {
          assertThat(argument).doesNotContainIgnoringCase("password");
          if (argument.contains("jdbc:")) {
            ofDatabases.add(argument);
          }
        }
      }
    }
    assertThat(ofDatabases)
        .hasSize(Files.exists(Path.of("/proc/self/cmdline")) ? 2 : 0)
        .allMatch(
            url -> url.matches("--jdbc=jdbc:postgresql://localhost:\\d+/postgres\\?user=postgres"));
  }

  /** It is nobody's child. */
  private static ProcessHandle server() throws IOException {
    Path pid = directory.resolve("database/data/postmaster.pid");
    return ProcessHandle.of(Long.parseLong(Files.readAllLines(pid).get(0))).orElseThrow();
  }
}
