package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Stores that hold something already. */
final class Reopened {
  private static final byte[] OUTPUT = Shape.firstAsStored();

  private static final int WRITERS = 16;

  private Reopened() {}

  static List<Measurement> measurements() {
    return List.of(
        new Measurement("resume.finished", Reopened::finished),
        new Measurement("open.runs10000", Reopened::manyRuns));
  }

  private static List<Result> finished(Lab lab) throws Exception {
    Unit unit = Unit.TASKS_PER_SECOND;
    Shape shape = Shape.independent(lab.sizes().many());
    Shape fewer = Shape.independent(lab.sizes().synced());
    Dag dag = DuraflowRunner.declare(shape);

    Path journal = lab.scratch().directory();
    JournalRuns.nanosToRun(dag, Durability.PROCESS, journal);
    Path database = lab.scratch().directory();
    Sqlite.nanosPerBatchedSave(database, shape, OUTPUT);
    Path files = lab.scratch().directory();
    FilePerTask.nanosPerSave(files, fewer, OUTPUT);

    Contender own = Contender.timed(
        "duraflow",
        unit,
        () -> (double) JournalRuns.nanosToRun(dag, Durability.STRICT, journal) / shape.size());
    Contender sqlite = Contender.timed("SQLite", unit, () -> Sqlite.nanosPerLoad(database, shape));
    Contender fileEach =
        Contender.timed(FilePerTask.NAME, unit, () -> FilePerTask.nanosPerLoad(files, fewer));
    return new Comparison(
            "resume.finished", shape.size(), unit, Target.of(1e6), own, List.of(sqlite, fileEach))
        .measure(lab.effort());
  }

  private static List<Result> manyRuns(Lab lab) throws Exception {
    int runs = lab.sizes().runs();
    Path directory = lab.scratch().directory();
    createRuns(directory, runs, lab);
    Contender own = Contender.timed("duraflow", Unit.MILLIS, () -> nanosToOpen(directory));
    Contender listing =
        Contender.timed("a listing of the directory", Unit.MILLIS, () -> nanosToList(directory));
    return new Comparison(
            "open.runs10000", runs, Unit.MILLIS, Target.of(200), own, List.of(listing))
        .measure(lab.effort());
  }

  private static double nanosToOpen(Path directory) {
    long start = System.nanoTime();
    try (Store store = Store.journal(directory);
        OpenRun run = store.open(runId(0))) {
      if (run.find("task-0").isEmpty()) {
        throw new IllegalStateException("a run without its record");
      }
    }
    return System.nanoTime() - start;
  }

  private static double nanosToList(Path directory) throws Exception {
    long start = System.nanoTime();
    try (Stream<Path> entries = Files.list(directory)) {
      if (entries.count() == 0) {
        throw new IllegalStateException(directory + " is empty");
      }
    }
    return System.nanoTime() - start;
  }

  /** Creates runs of one task each in several stores at once, and moves them into one: their syncs are waited for together. */
  private static void createRuns(Path directory, int runs, Lab lab) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(WRITERS);
    try {
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        Path part = lab.scratch().directory();
        int first = i;
        writers.add(pool.submit(() -> {
          createRuns(part, first, runs);
          moveAll(part, directory);
          return null;
        }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static void createRuns(Path directory, int first, int runs) {
    Dag dag = DuraflowRunner.declare(Shape.independent(1));
    try (Store store = Store.journal(directory);
        Duraflow duraflow =
            Duraflow.builder().store(store).durability(Durability.PROCESS).build()) {
      for (int run = first; run < runs; run += WRITERS) {
        duraflow.run(dag, runId(run));
      }
    }
  }

  /** Moves runs; each of the stores may have learnt how long a task took, too. */
  private static void moveAll(Path from, Path to) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(from, "[!.]*")) {
      for (Path entry : entries) {
        Files.move(entry, to.resolve(entry.getFileName()));
      }
    }
  }

  private static String runId(int run) {
    return "run-" + run;
  }
}
