package dev.duraflow.examples;

import static picocli.CommandLine.ExitCode.OK;
import static picocli.CommandLine.ExitCode.SOFTWARE;
import static picocli.CommandLine.ExitCode.USAGE;

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
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** A command that runs the {@link FlightsDag} and writes its page, wherever the tasks run. Made for one call. */
@Command(sortOptions = false)
public abstract class DemoCommand implements Callable<Integer> {
  private final PrintStream results;
  private final PrintStream messages;
  private final long start = System.nanoTime();

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

  protected DemoCommand(PrintStream results, PrintStream messages) {
    this.results = results;
    this.messages = messages;
  }

  /** Runs the command and returns its exit code: 0, 1 if the run failed, 2 if the arguments are wrong. */
  protected final int execute(String... args) {
    return new CommandLine(this)
        .setOut(new PrintWriter(results, true, Charset.defaultCharset()))
        .setParameterExceptionHandler((e, all) -> refuse(String.valueOf(e.getMessage()), e))
        .execute(args);
  }

  @Override
  public final Integer call() throws InterruptedException {
    if (slow < 0) {
      return refuse("--slow must be >= 0: " + slow, null);
    }
    if (Files.isDirectory(out)) {
      return refuse("--out must name a file, but this is a directory: " + out, null);
    }
    FlightsDag flights = FlightsDag.declare(new FlightsDag.Settings(slow));
    try (ProgressReport progress =
        new ProgressReport(messages, detail(), flights.dag().size())) {
      run(flights, runId, progress);
      return OK;
    } catch (DuraflowException e) {
      return fail(SOFTWARE, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      return fail(SOFTWARE, String.valueOf(e.getMessage()), e);
    }
  }

  /** Runs the DAG and {@linkplain #finish finishes} with its run. */
  protected abstract void run(FlightsDag flights, String runId, ProgressReport progress)
      throws IOException, InterruptedException;

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

  /** Writes the page of a run that has succeeded, and tells of it. */
  protected final void finish(Run run, FlightsDag flights) throws IOException {
    try {
      write(run.get(flights.page()));
    } catch (IOException e) {
      throw new IOException("the page could not be written to " + out + ": " + e, e);
    }
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

  protected final boolean isVerbose() {
    return verbose;
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
