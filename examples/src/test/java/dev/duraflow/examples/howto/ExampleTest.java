package dev.duraflow.examples.howto;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the examples as processes of their own: whole, again, and killed half-way. */
final class ExampleTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir
  private Path directory;

  private int started;

  /** What a process left behind. */
  private record Trace(boolean killed, int exitCode, String results, List<String> messages) {
    List<String> ran() {
      return told("ran ");
    }

    private List<String> told(String prefix) {
      return messages.stream()
          .filter(line -> line.startsWith(prefix))
          .map(line -> line.substring(prefix.length()))
          .toList();
    }

    String summary() {
      return messages.stream()
          .filter(line -> line.startsWith("run "))
          .findFirst()
          .orElse(messages.toString());
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
          retry   | warmest: 12               | reused 15 of 15 tasks, ran 0
          fan-out | primes below 250000: 22044 | reused 29 of 29 tasks, ran 0
          loop    | 26 steps                  | reused 3 of 3 tasks, ran 0
          nested  | sunny days: north: 459, south: 494, west: 121 | reused 3 of 3 tasks, ran 0
          crawl   | 48 pages, 300 words       | reused 9 of 9 tasks, ran 0
          """)
  void example_killedAndResumed_hasTheSameResult_andRunsNothingTwice(
      String name, String result, String reusedAtLast) throws Exception {
    Path store = directory.resolve("killed");
    Trace killed = kill(name, store);
    Trace resumed = start(name, store, 0, Integer.MAX_VALUE);

    assertThat(resumed.exitCode()).as("%s", resumed.messages()).isZero();
    assertThat(resumed.results()).startsWith(result);
    assertThat(resumed.told("reused ")).isNotEmpty();
    assertThat(resumed.ran()).doesNotContainAnyElementsOf(killed.ran());
    Trace again = start(name, store, 0, Integer.MAX_VALUE);
    assertThat(again.results()).isEqualTo(resumed.results());
    assertThat(again.summary()).endsWith(reusedAtLast);
  }

  /** Kills an example that has told of some tasks; the slower it is the surer, and a fast machine may be done before. */
  private Trace kill(String name, Path store) throws Exception {
    for (int slow = 50; slow <= 2_000; slow *= 3) {
      Trace trace = start(name, store, slow, 4);
      if (trace.killed()) {
        return trace;
      }
      Files.move(store, directory.resolve("whole-" + slow));
    }
    throw new AssertionError(name + " could not be killed before its end");
  }

  private Trace start(String name, Path store, int slow, int linesBeforeKill) throws Exception {
    return await(
        linesBeforeKill, name, "--verbose", "--slow=" + slow, "--store=" + store.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "rety", "retry --stoer=x"})
  void wrongArguments_areRefusedWithWhatThereIs(String arguments) throws Exception {
    Trace trace = await(Integer.MAX_VALUE, arguments.split(" "));

    assertThat(trace.exitCode()).isEqualTo(2);
    assertThat(trace.messages()).isNotEmpty();
  }

  @Test
  void help_ofAnExample_listsItsOptions() throws Exception {
    Trace trace = await(Integer.MAX_VALUE, "crawl", "--help");

    assertThat(trace.exitCode()).isZero();
    assertThat(trace.results()).contains("duraflow example crawl", "--store", "--slow");
  }

  /** Runs the program until its end, or kills it when it has written so many lines. */
  private Trace await(int linesBeforeKill, String... arguments)
      throws IOException, InterruptedException {
    Path messages = directory.resolve("messages-" + started);
    Path results = directory.resolve("results-" + started++);
    List<String> command = new ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-cp",
        System.getProperty("java.class.path"),
        Example.class.getName()));
    command.addAll(List.of(arguments));
    command.removeIf(String::isEmpty);
    Process process = new ProcessBuilder(command)
        .redirectError(messages.toFile())
        .redirectOutput(results.toFile())
        .start();
    try {
      long start = System.nanoTime();
      while (process.isAlive() && wholeLines(messages).size() < linesBeforeKill) {
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
        process.waitFor(5, TimeUnit.MILLISECONDS);
      }
      boolean killed = process.isAlive();
      process.destroyForcibly().waitFor();
      return new Trace(
          killed && process.exitValue() != 0,
          process.exitValue(),
          Files.readString(results).strip(),
          wholeLines(messages));
    } finally {
      process.destroyForcibly();
    }
  }

  /** A killed process may leave half a line behind. */
  private static List<String> wholeLines(Path file) throws IOException {
    String text = Files.readString(file);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }
}
