package dev.duraflow.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command that measures duraflow on this machine. */
@Command(
    name = "duraflow bench",
    sortOptions = false,
    description = "Measures duraflow on this machine, each figure beside a peer or a limit that is"
        + " measured in turns with it.")
public final class Bench implements Callable<Integer> {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Print this.")
  @SuppressWarnings("UnusedVariable") // it is picocli that acts on it
  private boolean help;

  @Option(names = "--quick", description = "Fewer tasks and samples: done within a minute.")
  private boolean quick;

  @Option(
      names = "--cluster",
      description =
          "Measure runs on a PostgreSQL and tasks in other processes instead, all of which"
              + " are started here.")
  private boolean cluster;

  @Option(names = "--json", description = "Print one JSON object a line instead of a table.")
  private boolean json;

  @Option(
      names = "--tasks",
      paramLabel = "N",
      description = "Tasks in a large DAG: 1,000,000 unless said otherwise, with --quick 100,000.")
  private @Nullable Integer tasks;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Measure on the disk that holds DIR; what is written there is deleted again."
          + " Default: 'target' in the working directory if it is there, else the directory for"
          + " temporary files.")
  private @Nullable Path directory;

  @Parameters(
      paramLabel = "NAME",
      description = "What to measure, by its name or its first part, as in 'memory'; everything by"
          + " default. There are: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> selections = List.of();

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandLine.Model.CommandSpec spec;

  /** For the text of {@code --help}. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.of(Measurement.onOneMachine(), Measurement.onCluster())
          .flatMap(List::stream)
          .map(Measurement::name)
          .iterator();
    }
  }

  /** Exits with 0 whatever came out, with 1 if something could not be measured, with 2 if an argument is wrong. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Bench()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    CommandLine command = spec.commandLine();
    List<Measurement> measurements = selected();
    try (Scratch scratch = scratch()) {
      Lab lab = new Lab(effort(), scratch, command.getErr());
      lab.note("Java " + System.getProperty("java.version") + ", "
          + Runtime.getRuntime().availableProcessors() + " processors, " + scratch.disk());
      PrintWriter out = command.getOut();
      return measure(measurements, lab, json ? new JsonLines(out) : new Table(out)) ? 0 : 1;
    }
  }

  /** False if something could not be measured. */
  static boolean measure(List<Measurement> measurements, Lab lab, Report report) {
    boolean all = true;
    report.begin();
    for (Measurement measurement : measurements) {
      try {
        measurement.measure(lab).forEach(report::add);
      } catch (Exception e) {
        lab.note(measurement.name() + " could not be measured: " + e);
        all = false;
      }
    }
    return all;
  }

  private List<Measurement> selected() {
    List<Measurement> all = cluster ? Measurement.onCluster() : Measurement.onOneMachine();
    for (String selection : selections) {
      if (all.stream().noneMatch(measurement -> measurement.isNamed(selection))) {
        throw wrong("nothing is named '" + selection + "' "
            + (cluster ? "with" : "without") + " --cluster; there are "
            + all.stream().map(Measurement::name).collect(Collectors.joining(", ")));
      }
    }
    return all.stream()
        .filter(measurement ->
            selections.isEmpty() || selections.stream().anyMatch(measurement::isNamed))
        .toList();
  }

  private Effort effort() {
    Effort effort = quick ? Effort.quick() : Effort.full();
    if (tasks == null) {
      return effort;
    }
    if (tasks < 1) {
      throw wrong("N must be >= 1: " + tasks);
    }
    return effort.withMany(tasks);
  }

  private Scratch scratch() throws IOException {
    Path parent = directory;
    if (parent == null) {
      Path target = Path.of("target");
      parent = Files.isDirectory(target) ? target : Path.of(System.getProperty("java.io.tmpdir"));
    }
    try {
      return Scratch.below(parent);
    } catch (IllegalArgumentException e) {
      throw wrong(e.getMessage());
    }
  }

  private ParameterException wrong(@Nullable String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
