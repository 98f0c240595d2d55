package dev.duraflow.examples.cluster;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.cluster.ClusterEngine;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import dev.duraflow.event.Progress;
import dev.duraflow.examples.DemoCommand;
import dev.duraflow.examples.ProgressReport;
import dev.duraflow.examples.flights.FlightsDag;
import dev.duraflow.jdbc.JdbcStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code duraflow demo --cluster N}: runs the {@link FlightsDag} in processes that it starts, and on a PostgreSQL. */
@Command(
    name = "duraflow demo --cluster",
    description = {
      "Ranks the airports of the United States by how late the flights from them arrive, and writes a page with a map.",
      "The tasks run in workers, which are processes of their own on this machine; the results are in a PostgreSQL, which is"
          + " started as well.",
      "Kill it or a worker at any moment: what was recorded is not run again. All processes end with this one."
    })
public final class ClusterDemo extends DemoCommand {
  private static final int MOST_WORKERS = 16;
  private static final int CONNECTIONS = 16;

  @Spec
  private @Nullable CommandSpec spec;

  @Option(names = "--cluster", required = true, paramLabel = "N", description = "how many workers")
  private int workers;

  @Option(
      names = "--chaos",
      description = "kill workers, at random, while they run, and start others in their place")
  private boolean chaos;

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "where the database is kept, ${DEFAULT-VALUE} by default")
  private Path store = Path.of("duraflow-database");

  private ClusterDemo(PrintStream results, PrintStream messages) {
    super(results, messages);
  }

  public static void main(String[] args) {
    System.exit(new ClusterDemo(System.out, System.err).execute(args));
  }

  @Override
  protected void run(FlightsDag flights, String runId, ProgressReport progress)
      throws IOException, InterruptedException {
    if (spec != null && (workers < 1 || workers > MOST_WORKERS)) {
      throw new ParameterException(
          spec.commandLine(), "--cluster must be 1 to " + MOST_WORKERS + ": " + workers);
    }
    try (Database database = Database.start(store, progress::tell);
        HikariDataSource pool = Cluster.pool(database.url(), null, null, CONNECTIONS)) {
      progress.tell("PostgreSQL is at " + database.url());
      run(flights, runId, progress, database.url(), pool);
    }
  }

  private void run(
      FlightsDag flights, String runId, ProgressReport progress, String url, HikariDataSource pool)
      throws IOException, InterruptedException {
    Tally tally = new Tally((task, worker) -> {
      if (isVerbose()) {
        progress.tell("ran " + task + " on worker " + worker);
      }
    });
    JdbcStore shared = JdbcStore.on(pool, Cluster.STORE);
    try (Fleet fleet = new Fleet(url, tally, progress::tell);
        ClusterEngine engine = ClusterEngine.on(pool, Cluster.WORK);
        Duraflow duraflow = Duraflow.builder()
            .store(shared)
            .taskEngine(engine)
            .maxConcurrency(2 * Fleet.THREADS * workers)
            .waitForRun(Cluster.STORE.lease().multipliedBy(2))
            .onProgress(listener(flights, progress, tally, fleet))
            .build()) {
      Run run = duraflow.start(flights.dag(), runId);
      fleet.start(workers, run::cancel);
      run.await();
      progress.close();
      fleet.dismiss();
      fleet.report();
      finish(run, flights);
    }
  }

  private Consumer<Progress> listener(
      FlightsDag flights, ProgressReport progress, Tally tally, Fleet fleet) {
    Set<String> here = flights.dag().tasks().stream()
        .filter(task -> task.isLocal() || task instanceof MapTask)
        .map(Task::id)
        .collect(Collectors.toSet());
    Consumer<Progress> tallying = told -> {
      boolean byWorker = !told.reused() && !here.contains(told.taskId());
      if (byWorker) {
        tally.recorded(told.taskId());
      }
      if (!byWorker || !isVerbose()) { // else it is told together with the worker
        progress.accept(told);
      }
    };
    return chaos ? tallying.andThen(new Chaos(fleet)) : tallying;
  }
}
