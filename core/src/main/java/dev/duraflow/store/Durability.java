package dev.duraflow.store;

/**
 * What a run survives, and what its tasks wait for. Chosen for each run.
 *
 * <p>In all three a record is either whole or absent, and records become durable in the order in which they were saved: what a
 * crash leaves is a run as it once was.
 */
public enum Durability {
  /**
   * Survives the death of the process and a loss of power. A task starts when its inputs are on stable storage, and counts as
   * succeeded when its output is. Nothing that was reported as finished is ever run again. Outputs that are ready at the same
   * time share one sync.
   */
  STRICT,
  /**
   * Survives both, but does not wait: a task starts when its inputs are computed, while their records are on their way to the
   * disk. When {@code run()} returns, all are there. A crash may take the latest records, never one without those after it, and
   * their tasks run again; a task that must not start before all its inputs are durable, since it tells the world of them, is
   * declared {@link dev.duraflow.dag.Task#external() external}.
   */
  PIPELINED,
  /**
   * Survives the death of the process and not a loss of power: nothing is synced. After a loss of power the run goes on from
   * whatever the operating system had written by itself.
   */
  PROCESS
}
