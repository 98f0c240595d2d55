package dev.duraflow.testkit;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What is to happen at a save: at the one with this number, or at every one of this task.
 *
 * @param number from 1; 0 if it is about a task
 */
record SaveFault(int number, @Nullable String taskId, Effect effect) {
  sealed interface Effect {}

  /** The record is refused. */
  record Fail(Throwable failure) implements Effect {}

  /** The record is handed over when a stage has completed. */
  record Delay(CompletionStage<?> until) implements Effect {}

  /** The process dies. */
  record Crash(Moment moment, Throwable failure) implements Effect {}

  enum Moment {
    BEFORE_IT_IS_DURABLE,
    BEFORE_IT_IS_ACKNOWLEDGED,
    /**
     * Some time after the save was asked for: at a flush, or when it is told to. Until then nothing is refused, and nothing from
     * that save on reaches the other store: the run goes ahead of its records.
     */
    LATER
  }

  boolean isAbout(int save, String savedTaskId) {
    return number == save || savedTaskId.equals(taskId);
  }
}
