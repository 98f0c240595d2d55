package dev.duraflow.examples.howto;

import static picocli.CommandLine.ExitCode.OK;
import static picocli.CommandLine.ExitCode.SOFTWARE;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.event.Progress;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** One start of an example: where it keeps its state, how it runs its DAG, and what it tells of that. */
@Command(
    sortOptions = false,
    description = {
      "Kill it at any moment and start it again: it goes on where it was.",
      "With another --store it begins anew."
    })
final class Session implements Callable<Integer> {
  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "where results are kept, ${DEFAULT-VALUE} by default")
  private Path store = Path.of("duraflow-state");

  @Option(
      names = "--slow",
      paramLabel = "MILLIS",
      description = "let bodies take so much longer, to leave time for killing it")
  private int slow;

  @Option(names = "--verbose", description = "tell of every task")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "print this and do nothing")
  @SuppressWarnings("unused") // the command line asks for it
  private boolean help;

  private final String name;
  private final Program program;
  private final PrintStream messages;

  /** What an example does. */
  @FunctionalInterface
  interface Program {
    void run(Session session) throws Exception;
  }

  private Session(String name, Program program, PrintStream messages) {
    this.name = name;
    this.program = program;
    this.messages = messages;
  }

  /** Runs an example and returns its exit code: 0, 1 if it failed, 2 if the arguments are wrong. */
  static int execute(String name, Program program, String... args) {
    return new CommandLine(new Session(name, program, System.err))
        .setCommandName("duraflow example " + name)
        .execute(args);
  }

  @Override
  public Integer call() throws Exception {
    try {
      program.run(this);
      return OK;
    } catch (DuraflowException e) {
      tell("duraflow example " + name + ": " + e.getMessage());
      return SOFTWARE;
    }
  }

  /** Runs a DAG, or goes on with it, says how much of it was there, and answers the output of a task. */
  <T> T run(Dag dag, Task<T> wanted) {
    try (Duraflow duraflow =
        Duraflow.builder().store(store).maxConcurrency(4).onProgress(this::tell).build()) {
      Run run = duraflow.run(dag);
      tell("run " + run.id() + ": reused " + run.reused() + " of " + run.total() + " tasks, ran "
          + (run.total() - run.reused()));
      return run.get(wanted);
    }
  }

  private void tell(Progress progress) {
    if (verbose) {
      tell((progress.reused() ? "reused " : "ran ") + progress.taskId());
    }
  }

  void tell(String message) {
    messages.println(message);
    messages.flush();
  }

  /** Called by bodies, which are too quick to be killed otherwise. */
  void pause() throws InterruptedException {
    Thread.sleep(slow);
  }
}
