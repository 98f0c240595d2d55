package dev.duraflow.dag;

import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a body can ask about the task that it runs for, and tell of it. Thread-safe. It is over when the body returns: then {@link
 * #step} and {@link #progress} throw.
 */
public abstract class TaskContext {
  private static final ThreadLocal<@Nullable Supplier<TaskContext>> CURRENT = new ThreadLocal<>();

  protected TaskContext() {}

  /**
   * The context of the task whose body runs in this thread.
   *
   * @throws IllegalStateException outside a body, and in threads that a body started in another way than by {@link #executor()}
   */
  public static TaskContext current() {
    Supplier<TaskContext> current = CURRENT.get();
    if (current == null) {
      throw new IllegalStateException(
          "no task runs in thread '" + Thread.currentThread().getName()
              + "'; call TaskContext.current() in the body, and start other threads by its executor()");
    }
    return current.get();
  }

  /** For the engine: from now on {@link #current()} asks {@code context} in this thread; null ends it. */
  protected static @Nullable Supplier<TaskContext> bind(@Nullable Supplier<TaskContext> context) {
    Supplier<TaskContext> before = CURRENT.get();
    if (context == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(context);
    }
    return before;
  }

  /** For the engine: a step of a task as a task. */
  protected static <T extends @Nullable Object> Task<T> stepOf(
      String taskId, String stepId, Body0<T> body) {
    return Dag.nested("the steps of task '" + taskId + "'", taskId + "/").task(stepId, body);
  }

  public abstract String runId();

  public abstract String taskId();

  /**
   * A key for calls to the outside world, the same for every attempt at this task in this run and in every process: a service
   * that honours it does the work once, however often the body runs. It is the run id, a slash and the task id; what a slash is
   * in the run id is written as {@code %2F}, so that no two tasks of any two runs share a key.
   */
  public final String idempotencyKey() {
    return runId().replace("%", "%25").replace("/", "%2F") + "/" + taskId();
  }

  /** The number of this attempt at the task within the run, from 1; it goes on counting when a run is resumed. */
  public abstract int attempt();

  /**
   * A durable step of this task: the recorded value if there is one, else the body's value once it is durable. If the task's body
   * is called again, for another attempt or after a crash, what its steps have computed is there. Two threads that ask for
   * the same step at once get one value, computed once. Without a store a step lasts as long as the run.
   *
   * <p>Its record is {@code crawl/page-17}, for step {@code page-17} of task {@code crawl}.
   *
   * @throws dev.duraflow.error.PersistException if the value could not be recorded
   * @throws dev.duraflow.error.InvalidDagException if the type of the body's value cannot be read, or a task has the step's id
   * @throws Exception what the body throws; nothing is recorded then
   */
  public abstract <T extends @Nullable Object> T step(String id, Body0<T> body) throws Exception;

  /** Like {@link #step(String, Body0)}, for a lambda whose type is generic. */
  public abstract <T extends @Nullable Object> T step(String id, TypeRef<T> type, Body0<T> body)
      throws Exception;

  /**
   * Tells listeners how far the body has come.
   *
   * @param fraction from 0 to 1
   */
  public abstract void progress(double fraction, String message);

  /**
   * Starts threads of the run's executor in which {@link #current()} is this context. They are the body's to wait for: when it
   * returns, the task is over.
   */
  public abstract Executor executor();

  /** Whether the run is being cancelled, or fails, so that this task's output will not be needed. */
  public abstract boolean isCancelled();
}
