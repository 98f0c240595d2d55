package dev.duraflow.store;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;

/**
 * Where the records of runs live. Thread-safe.
 *
 * <p>Writing one over any key-value service takes this interface, {@link OpenRun}, and the contract in the testkit, which says
 * whether it is right.
 */
public interface Store extends AutoCloseable {
  /**
   * A store of one append-only file a run, below a directory, which is created if it is missing; records that are ready at the
   * same time share one sync. {@code Duraflow.open} opens it.
   */
  static JournalStore journal(Path directory) {
    return JournalStore.at(directory);
  }

  /** A store of readable files below a directory, which is created if it is missing. */
  static Store files(Path directory) {
    return FileStore.at(directory);
  }

  /** A store in this process's memory, for tests: its runs are gone with it. The process's own parts may share it. */
  static SharedStore inMemory() {
    return new MemoryStore(Clock.systemUTC());
  }

  /**
   * Takes a run for writing; a run that does not exist begins here.
   *
   * @implSpec at most one owner at a time, also across processes if the store is shared by several; ownership ends with {@link
   *     OpenRun#close()} and with the owner's process. Records of earlier owners are seen.
   * @throws dev.duraflow.error.RunLockedException if another owner has it
   * @throws dev.duraflow.error.StoreException if the store cannot be reached or read
   */
  OpenRun open(String runId);

  /** Takes a run for writing with the given durability; a store that knows one only promises that. */
  default OpenRun open(String runId, Durability durability) {
    return open(runId);
  }

  /**
   * How long tasks of a DAG took in earlier runs, by task id, as {@link #keepDurations} was told. Only the order in which ready tasks
   * are taken hangs on it; if it fails, the run goes on without.
   *
   * @implSpec by default nothing is kept; what is damaged is as good as none
   */
  default Map<String, Duration> durations(String dagName) {
    return Map.of();
  }

  /**
   * Keeps how long tasks of a DAG took, at most some 10,000 of them, in place of what was kept before. If it fails, that is logged
   * and the run ends as it would have.
   *
   * @implSpec times may be cut to microseconds; it need not survive a loss of power
   */
  default void keepDurations(String dagName, Map<String, Duration> durations) {}

  /** Releases what the store itself holds. Its runs are to be closed first. */
  @Override
  void close();
}
