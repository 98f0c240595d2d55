package dev.duraflow.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills the program for real, again and again. With {@code --verbose} it says {@code ran X} once the output of X is recorded, so
 * a task that said so must never say it again in its run, and be reused by whoever finishes it. {@code -Dduraflow.seed=N}
 * repeats the moments of an earlier test run.
 */
final class DemoKillTest {
  private static final int KILLS = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern SUMMARY =
      Pattern.compile("run killed: reused (\\d+) of 229 tasks, ran (\\d+), .*");

  @TempDir
  private Path directory;

  private int started;

  /** What a process left behind: the tasks that it reported, and its last line. */
  private record Trace(boolean finished, List<String> ran, List<String> reused, String lastLine) {}

  /** When to kill: so many milliseconds after so many lines, whatever the speed of the machine. */
  private record Moment(int lines, int millis) {
    static final Moment NEVER = new Moment(Integer.MAX_VALUE, 0);

    /** Rather early than late, since the first tasks take longest, and in one of nine cases after the end. */
    static Moment random(Random random) {
      double part = random.nextDouble();
      return new Moment((int) (290 * part * part), random.nextInt(100));
    }
  }

  @Test
  void demo_killedAtRandomMoments_losesNothingAndRunsNothingTwice() throws Exception {
    long seed = Long.getLong("duraflow.seed", System.nanoTime());
    System.out.println("DemoKillTest: -Dduraflow.seed=" + seed);
    Random random = new Random(seed);
    Path whole = directory.resolve("whole.html");
    assertThat(demo(directory.resolve("whole"), whole, Moment.NEVER).finished()).isTrue();

    int kills = 0;
    long reusedElements = 0;
    for (int run = 0; kills < KILLS; run++) {
      Path store = directory.resolve("store-" + run);
      Path page = directory.resolve("page-" + run + ".html");
      Set<String> recorded = new HashSet<>();
      Trace trace;
      do {
        trace = demo(store, page, kills < KILLS ? Moment.random(random) : Moment.NEVER);
        kills += trace.finished() ? 0 : 1;
        reusedElements +=
            trace.reused().stream().filter(task -> task.contains("[")).count();
        for (String task : trace.ran()) {
          assertThat(recorded.add(task))
              .as("%s ran again in run %s", task, store)
              .isTrue();
        }
      } while (!trace.finished());

      checkSummary(trace, recorded);
      assertThat(page).hasSameBinaryContentAs(whole);
    }
    assertThat(reusedElements).as("elements of the map that were reused").isPositive();
  }

  private static void checkSummary(Trace last, Set<String> recorded) {
    Matcher summary = SUMMARY.matcher(last.lastLine());
    assertThat(summary.matches()).as(last.lastLine()).isTrue();
    assertThat(last.reused()).hasSize(Integer.parseInt(summary.group(1)));
    assertThat(last.ran()).hasSize(Integer.parseInt(summary.group(2)));
    Set<String> told = new HashSet<>(last.ran());
    told.addAll(last.reused());
    assertThat(told).hasSize(229).containsAll(recorded);
  }

  /** Runs the program until its end or the moment to kill it. */
  private Trace demo(Path store, Path page, Moment kill) throws IOException, InterruptedException {
    Path messages = directory.resolve("messages-" + started++);
    Process process = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            Demo.class.getName(),
            "--verbose",
            "--run=killed",
            "--slow=10",
            "--store=" + store,
            "--out=" + page)
        .redirectError(messages.toFile())
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
    try {
      long start = System.nanoTime();
      while (process.isAlive() && wholeLines(messages).size() < kill.lines()) {
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(PATIENCE);
        process.waitFor(5, TimeUnit.MILLISECONDS);
      }
      boolean killed = !process.waitFor(kill.millis(), TimeUnit.MILLISECONDS);
      process.destroyForcibly().waitFor();
      List<String> lines = wholeLines(messages);
      assertThat(killed || process.exitValue() == 0)
          .as("ended with %s: %s", process.exitValue(), lines)
          .isTrue();
      return new Trace(
          process.exitValue() == 0,
          tasks(lines, "ran "),
          tasks(lines, "reused "),
          lines.isEmpty() ? "" : lines.get(lines.size() - 1));
    } finally {
      process.destroyForcibly();
    }
  }

  /** A killed process may leave half a line behind. */
  private static List<String> wholeLines(Path file) throws IOException {
    String text = Files.readString(file);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  private static List<String> tasks(List<String> lines, String prefix) {
    return lines.stream()
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length()))
        .toList();
  }
}
