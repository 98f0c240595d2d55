package dev.duraflow.examples;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.examples.flights.FlightsDag;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code duraflow demo}: runs the {@link FlightsDag} in this process. */
@Command(
    name = "duraflow demo",
    description = {
      "Ranks the airports of the United States by how late the flights from them arrive, and writes a page with a map.",
      "Kill it at any moment and start it again: it goes on where it was.",
      "With --cluster N the tasks run in N other processes; 'duraflow demo --cluster N --help' lists the options of that."
    })
public final class Demo extends DemoCommand {
  /** Few enough that a slow run can be watched, and killed half-way, on a machine of any size. */
  private static final int TASKS_AT_A_TIME = 4;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "where results are kept, ${DEFAULT-VALUE} by default")
  private Path store = Path.of("duraflow-state");

  private Demo(PrintStream results, PrintStream messages) {
    super(results, messages);
  }

  public static void main(String[] args) {
    System.exit(execute(System.out, System.err, args));
  }

  /** Runs the command and returns its exit code. */
  static int execute(PrintStream results, PrintStream messages, String... args) {
    return new Demo(results, messages).execute(args);
  }

  @Override
  protected void run(FlightsDag flights, String runId, ProgressReport progress) throws IOException {
    try (Duraflow duraflow = Duraflow.builder()
        .store(store)
        .maxConcurrency(TASKS_AT_A_TIME)
        .onProgress(progress)
        .build()) {
      Run run = duraflow.run(flights.dag(), runId);
      progress.close();
      finish(run, flights);
    }
  }
}
