package dev.duraflow.examples.cluster;

import static picocli.CommandLine.ExitCode.OK;
import static picocli.CommandLine.ExitCode.SOFTWARE;
import static picocli.CommandLine.ExitCode.USAGE;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.cluster.ClusterWorker;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.store.SharedStore;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code duraflow worker}: performs tasks of runs that other processes have, until it is ended. */
@Command(
    name = "duraflow worker",
    description = {
      "Performs tasks of runs that other processes have in a PostgreSQL, until it is ended.",
      "It may be killed at any moment: others perform what it had begun."
    },
    sortOptions = false)
public final class Worker implements Callable<Integer> {
  /** What it prints: this once, and with {@code --verbose} a line for each task. */
  static final String READY = "ready: ";

  static final String RECORDS = "records ";

  /** Held, since one that nobody holds is forgotten together with its level. */
  private static final Logger DRIVER = Logger.getLogger("org.postgresql");

  private static final Pattern USER_IN_URL = Pattern.compile("//[^/?]*@");

  /** Connections beside one for each thread: to hear of notifications, to give signs of life. */
  private static final int MORE_CONNECTIONS = 4;

  @Option(
      names = "--jdbc",
      required = true,
      paramLabel = "URL",
      description = "the database, as jdbc:postgresql://host:port/name")
  private String url = "";

  @Option(
      names = "--dag",
      required = true,
      paramLabel = "FACTORY",
      description = "a DAG whose tasks it performs; may be given several times")
  private List<String> dags = new ArrayList<>();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "how many tasks at a time, ${DEFAULT-VALUE} by default")
  private int threads = 4;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      defaultValue = "${env:DURAFLOW_USER}",
      description = "the database's user; by default what DURAFLOW_USER in the environment says")
  private @Nullable String user;

  @Option(
      names = "--password",
      paramLabel = "TEXT",
      defaultValue = "${env:DURAFLOW_PASSWORD}",
      description = {
        "the user's password; better in DURAFLOW_PASSWORD,",
        "since everybody on this machine can see options"
      })
  private @Nullable String password;

  @Option(
      names = "--until-eof",
      description =
          "end, at once, at the end of the standard input: with the process that started it")
  private boolean untilEof;

  @Option(
      names = "--verbose",
      description = "print each task before it is recorded, and the stack trace of an error")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "print this and do nothing")
  @SuppressWarnings("unused") // the command line asks for it
  private boolean help;

  private final PrintStream results;
  private final PrintStream messages;

  private Worker(PrintStream results, PrintStream messages) {
    this.results = results;
    this.messages = messages;
  }

  public static void main(String[] args) {
    System.exit(execute(System.out, System.err, args));
  }

  /** Runs the command and returns its exit code: 1 if the database cannot be used, 2 if the arguments are wrong. */
  static int execute(PrintStream results, PrintStream messages, String... args) {
    Worker worker = new Worker(results, messages);
    return new CommandLine(worker)
        .setOut(new PrintWriter(results, true, Charset.defaultCharset()))
        .setParameterExceptionHandler((e, all) -> worker.refuse(reason(e)))
        .execute(args);
  }

  /** Without what may be the value of a misspelt {@code --password}. */
  private static String reason(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String options = unmatched.getUnmatched().stream()
          .filter(argument -> argument.startsWith("-"))
          .map(argument -> "'" + argument.split("=", 2)[0] + "'")
          .collect(Collectors.joining(", "));
      return options.isEmpty()
          ? "there are arguments that are no options"
          : "unknown option " + options;
    }
    return String.valueOf(e.getMessage());
  }

  @Override
  public Integer call() throws InterruptedException {
    List<DagFactory<?>> wanted = new ArrayList<>();
    for (String name : dags) {
      DagFactory<?> known = known(name);
      if (known == null) {
        return refuse("unknown DAG '" + name + "'; known are: "
            + Cluster.DAGS.stream().map(DagFactory::name).collect(Collectors.joining(", ")));
      }
      wanted.add(known);
    }
    if (threads < 1) {
      return refuse("--threads must be >= 1: " + threads);
    }
    DRIVER.setLevel(Level.OFF); // it logs URLs that it does not understand as they are
    if (USER_IN_URL.matcher(url).find() || Driver.parseURL(url, null) == null) {
      // Not repeated: there may be a password in it.
      return refuse("--jdbc must look like jdbc:postgresql://host:port/name");
    }
    if (untilEof) {
      Parent.whenGone(() -> Runtime.getRuntime().halt(OK));
    }
    try (HikariDataSource pool = Cluster.pool(url, user, password, threads + MORE_CONNECTIONS)) {
      // A pool would try for long, and then not say what is wrong.
      DriverManager.getConnection(url, user, password).close();
      work(pool, wanted);
      return OK;
    } catch (SQLException | DuraflowException e) {
      messages.println("duraflow worker: the database cannot be used: " + e.getMessage());
      if (verbose) {
        e.printStackTrace(messages);
      }
      return SOFTWARE;
    }
  }

  private static @Nullable DagFactory<?> known(String name) {
    for (DagFactory<?> factory : Cluster.DAGS) {
      if (factory.name().equals(name)) {
        return factory;
      }
    }
    return null;
  }

  private int refuse(String message) {
    messages.println("duraflow worker: " + message + "; --help lists the options");
    return USAGE;
  }

  /** Until the process is ended: then it leaves in order if it can. */
  private void work(HikariDataSource pool, List<DagFactory<?>> wanted) throws InterruptedException {
    SharedStore store = JdbcStore.on(pool, Cluster.STORE);
    if (verbose) {
      store = new ClaimingStore(store, task -> print(RECORDS + task));
    }
    TaskWorker tasks = TaskWorker.on(store, DagFactories.of(wanted));
    ClusterWorker worker = ClusterWorker.start(pool, tasks, Cluster.WORK.withThreads(threads));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      worker.close();
      tasks.close();
    }));
    print(READY + "process " + ProcessHandle.current().pid() + " performs up to " + threads
        + (threads == 1 ? " task" : " tasks") + " of "
        + wanted.stream().map(DagFactory::name).collect(Collectors.joining(", "))
        + " at a time");
    new CountDownLatch(1).await();
  }

  private void print(String line) {
    synchronized (results) {
      results.println(line);
      results.flush();
    }
  }
}
