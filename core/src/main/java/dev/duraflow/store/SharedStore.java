package dev.duraflow.store;

/** A store that several processes share, so that one may own a run and others, its guests, save records of tasks in it. */
public interface SharedStore extends Store {
  /**
   * Joins a run as a guest of its owner.
   *
   * @implSpec A guest's {@link OpenRun#save} stores a record if, in the same atomic step, the run's owner is still that of the
   *     epoch and the task has no record yet. If it has one, that one stays, the stage completes normally, and {@link
   *     OpenRun#findShared} answers the one that is stored. If the owner is another, the stage fails with {@link
   *     dev.duraflow.error.RunLostException}, and {@code findShared} throws it. Notes of guests are kept as those of the owner
   *     are. Closing a guest's run does not end the owner's.
   * @param epoch the owner's
   * @throws dev.duraflow.error.RunLostException if the owner is another
   */
  OpenRun join(String runId, long epoch);
}
