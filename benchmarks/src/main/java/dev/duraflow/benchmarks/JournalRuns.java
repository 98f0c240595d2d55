package dev.duraflow.benchmarks;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.store.Durability;
import dev.duraflow.store.Store;
import java.nio.file.Path;

/** Runs on the journal store. */
final class JournalRuns {
  static final String RUN_ID = "run";

  private JournalRuns() {}

  /** Runs a DAG in the store in a directory; from opening the store to having closed it, in nanoseconds. */
  static long nanosToRun(Dag dag, Durability durability, Path directory) {
    long start = System.nanoTime();
    try (Store store = Store.journal(directory);
        Duraflow duraflow =
            Duraflow.builder().store(store).durability(durability).build()) {
      duraflow.run(dag, RUN_ID);
    }
    return System.nanoTime() - start;
  }
}
