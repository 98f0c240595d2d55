package dev.duraflow.dag;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a body can ask about the task that it runs for. Immutable but for {@link #isCancelled()}; safe to hand to other threads. */
public abstract class TaskContext {
  private static final ThreadLocal<@Nullable Supplier<TaskContext>> CURRENT = new ThreadLocal<>();

  protected TaskContext() {}

  /**
   * The context of the task whose body runs in this thread.
   *
   * @throws IllegalStateException outside a body
   */
  public static TaskContext current() {
    Supplier<TaskContext> current = CURRENT.get();
    if (current == null) {
      throw new IllegalStateException(
          "no task runs in thread '" + Thread.currentThread().getName()
              + "'; call TaskContext.current() in the body and pass the context on");
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

  /** Whether the run is being cancelled, or fails, so that this task's output will not be needed. */
  public abstract boolean isCancelled();
}
