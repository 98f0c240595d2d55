package dev.duraflow.examples;

import static picocli.CommandLine.ExitCode.OK;
import static picocli.CommandLine.ExitCode.SOFTWARE;
import static picocli.CommandLine.ExitCode.USAGE;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.examples.ProgressReport.Detail;
import dev.duraflow.examples.flights.AirportDelays;
import dev.duraflow.examples.flights.Airports;
import dev.duraflow.examples.flights.FlightsDag;
import dev.duraflow.examples.flights.Ranking;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** The command {@code duraflow demo}: runs the {@link FlightsDag} and writes its page. */
@Command(
    name = "duraflow demo",
    description = {
      "Ranks the airports of the United States by how late the flights from them arrive, and writes a page with a map.",
      "Kill it at any moment and start it again: it goes on where it was."
    },
    sortOptions = false)
public final class Demo implements Callable<Integer> {
  /** Few enough that a slow run can be watched, and killed half-way, on a machine of any size. */
  private static final int TASKS_AT_A_TIME = 4;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "where results are kept, ${DEFAULT-VALUE} by default")
  private Path store = Path.of("duraflow-state");

  @Option(
      names = "--run",
      paramLabel = "ID",
      description = "the run to begin or to go on with, ${DEFAULT-VALUE} by default")
  private String runId = "flights-2001";

  @Option(
      names = "--slow",
      paramLabel = "MILLIS",
      description = "let each airport's task sleep for so long, to leave time for killing it")
  private int slow;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "the page, ${DEFAULT-VALUE} by default")
  private Path out = Path.of("flights.html");

  @Option(
      names = "--verbose",
      description = "tell of every task, and show the stack trace of an error")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "print this and do nothing")
  @SuppressWarnings("unused") // the command line asks for it
  private boolean help;

  private final PrintStream results;
  private final PrintStream messages;

  private Demo(PrintStream results, PrintStream messages) {
    this.results = results;
    this.messages = messages;
  }

  public static void main(String[] args) {
    System.exit(execute(System.out, System.err, args));
  }

  /** Runs the command and returns its exit code: 0, 1 if the run failed, 2 if the arguments are wrong. */
  static int execute(PrintStream results, PrintStream messages, String... args) {
    Demo demo = new Demo(results, messages);
    return new CommandLine(demo)
        .setOut(new PrintWriter(results, true, Charset.defaultCharset()))
        .setParameterExceptionHandler((e, all) -> demo.refuse(String.valueOf(e.getMessage()), e))
        .execute(args);
  }

  @Override
  public Integer call() {
    if (slow < 0) {
      return refuse("--slow must be >= 0: " + slow, null);
    }
    if (Files.isDirectory(out)) {
      return refuse("--out must name a file, but this is a directory: " + out, null);
    }
    try {
      run();
      return OK;
    } catch (DuraflowException e) {
      return fail(SOFTWARE, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      return fail(SOFTWARE, "the page could not be written to " + out + ": " + e, e);
    }
  }

  private int refuse(String message, @Nullable Exception e) {
    return fail(USAGE, message + "; --help lists the options", e);
  }

  private int fail(int exitCode, String message, @Nullable Exception e) {
    messages.println("duraflow demo: " + message.replaceAll("\\R\\s*", " "));
    if (verbose && e != null) {
      e.printStackTrace(messages);
    }
    return exitCode;
  }

  private void run() throws IOException {
    long start = System.nanoTime();
    FlightsDag flights = FlightsDag.declare(Duration.ofMillis(slow));
    ProgressReport progress =
        new ProgressReport(messages, detail(), flights.dag().size());
    try (Duraflow duraflow = Duraflow.builder()
        .store(store)
        .maxConcurrency(TASKS_AT_A_TIME)
        .onProgress(progress)
        .build()) {
      Run run;
      try (progress) {
        run = duraflow.run(flights.dag(), runId);
      }
      write(run.get(flights.page()));
      messages.printf(
          Locale.ROOT,
          "run %s: reused %d of %d tasks, ran %d, %.1f s%n",
          run.id(),
          run.reused(),
          run.total(),
          run.total() - run.reused(),
          (System.nanoTime() - start) / 1e9);
      results.println(out);
      printWorst(run.get(flights.ranking()), run.get(flights.airports()));
    }
  }

  private Detail detail() {
    if (verbose) {
      return Detail.TASKS;
    }
    return Ansi.AUTO.enabled() ? Detail.ROW : Detail.LINES;
  }

  /** Writes the whole page or, if the process dies, leaves what was there before. */
  private void write(String page) throws IOException {
    Path directory = out.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    Path whole = out.resolveSibling(out.getFileName() + ".new");
    try {
      Files.writeString(whole, page);
      Files.move(whole, out, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(whole);
    }
  }

  private void printWorst(Ranking ranking, Airports airports) {
    results.println();
    results.println("worst airports             flights  mean delay  over 15 min late");
    for (AirportDelays airport : ranking.worst(5)) {
      results.printf(
          Locale.ROOT,
          "%s  %-20s  %7d  %6.1f min  %14.0f %%%n",
          airport.airport(),
          airports.get(airport.airport()).place(),
          airport.flights(),
          airport.mean(),
          100 * airport.delays().lateShare());
    }
  }
}
