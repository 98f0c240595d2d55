package dev.duraflow.testkit;

import org.jspecify.annotations.Nullable;

/**
 * Where a run is crashed.
 *
 * @param save the number of the save, from 1
 * @param saves how many there were in the undisturbed run
 */
record CrashPoint(SaveFault.Moment moment, int save, int saves, int maxConcurrency) {
  /**
   * In words.
   *
   * @param taskId whose record it was; null if the run never came there
   */
  String describe(@Nullable String taskId) {
    String where = "save " + save + " of " + saves + ", maxConcurrency " + maxConcurrency;
    if (taskId == null) {
      return "none, the run ended before " + where;
    }
    return switch (moment) {
      case BEFORE_IT_IS_DURABLE -> "before '" + taskId + "' was recorded (" + where + ")";
      case BEFORE_IT_IS_ACKNOWLEDGED ->
        "after '" + taskId + "' was recorded, before the run learned of it (" + where + ")";
      case LATER ->
        "with '" + taskId + "' and all that was saved after it not yet recorded (" + where + ")";
    };
  }
}
