package dev.duraflow;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.engine.Execution;
import dev.duraflow.engine.Records;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.TaskRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a DAG under a run id: to await, watch, cancel, and take outputs from. Thread-safe.
 *
 * <p>With a store the outputs stay readable as long as the store is open; without one they live as long as this object.
 */
public final class Run {
  private final Dag dag;
  private final Execution execution;
  private final @Nullable Records records;

  Run(Dag dag, Execution execution, @Nullable Records records) {
    this.dag = dag;
    this.execution = execution;
    this.records = records;
  }

  public String id() {
    return execution.runId();
  }

  public RunState state() {
    return execution.state();
  }

  /** How many tasks have an output now, reused ones included. */
  public int completed() {
    return execution.completed();
  }

  /** How many tasks are known now; the elements of a map are known when its keys are. */
  public int total() {
    return execution.total();
  }

  /** How many outputs were there from an earlier process, so that their bodies were not called. */
  public int reused() {
    return execution.reused();
  }

  /** What has failed so far, in the order in which it happened. */
  public List<TaskFailure> failures() {
    return execution.failures();
  }

  /**
   * The output of a task.
   *
   * @throws IllegalStateException if the task has not finished, has failed, or was skipped
   * @throws IllegalArgumentException if it belongs to another DAG
   * @throws dev.duraflow.error.StoreException if its record cannot be read
   */
  @SuppressWarnings({"unchecked", "NullAway"}) // computed or decoded as T, nullable or not
  public <T extends @Nullable Object> T get(Task<T> task) {
    if (task.dag() != dag) {
      throw new IllegalArgumentException(
          task + " does not belong to DAG '" + dag.name() + "' of run '" + id() + "'");
    }
    return (T) execution.output(task);
  }

  /** The output of the task with this id, an element of a map included, as {@code find("delay[ORD]", Delay.class)}. */
  public <T> Optional<T> find(String taskId, Class<T> type) {
    return find(taskId, TypeRef.of(type));
  }

  /**
   * The output of the task with this id, if it is recorded; null outputs are not told from missing ones. Without a store, only
   * outputs of the DAG's own tasks are found.
   *
   * @throws TypeMismatchException if the output has another type
   */
  @SuppressWarnings("unchecked") // compared with the recorded type
  public <T> Optional<T> find(String taskId, TypeRef<T> type) {
    Records stored = records;
    if (stored != null) {
      TaskRecord record = stored.find(taskId);
      if (record == null) {
        return Optional.empty();
      }
      if (record.kind() == TaskRecord.Kind.OUTPUT) {
        return Optional.ofNullable((T) stored.decode(record, type));
      }
    }
    Task<?> task = dag.find(taskId).orElse(null);
    if (task == null || !execution.hasOutput(task)) {
      return Optional.empty();
    }
    if (!task.type().equals(type)) {
      throw new TypeMismatchException(id(), taskId, task.type().toString(), type.toString());
    }
    return Optional.ofNullable((T) execution.output(task));
  }

  /**
   * Waits for the end of the run.
   *
   * @return this
   * @throws RunFailedException if tasks failed
   * @throws RunCancelledException if it was cancelled
   * @throws InterruptedException if the waiting thread was interrupted; the run goes on
   */
  public Run await() throws InterruptedException {
    execution.await();
    execution.throwIfNotSucceeded();
    return this;
  }

  /**
   * Waits for the end of the run, but no longer than {@code limit}; says whether it has ended. How it ended is {@link
   * #state()}.
   */
  public boolean await(Duration limit) throws InterruptedException {
    return execution.await(limit);
  }

  /**
   * Starts nothing new and interrupts the bodies that run; returns at once. What has finished stays finished, and running the
   * DAG again under the same id goes on from there. A run that has ended stays as it is.
   */
  public void cancel() {
    execution.cancel();
  }

  @Override
  public String toString() {
    return "run '" + id() + "' of DAG '" + dag.name() + "': " + state() + ", " + completed()
        + " of " + total() + " tasks";
  }
}
