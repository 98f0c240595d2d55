package dev.duraflow.dag;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * What became of a task that may fail: its output, or its failure. Made by {@link Task#outcome()}; it is recorded like any output,
 * failure included, so that a resumed run goes on from the same outcome.
 *
 * @param value the output; null if it was, or if there is a failure
 * @param failure null if there is an output
 */
public record Outcome<T extends @Nullable Object>(
    @Nullable T value, @Nullable Failure failure) {
  /**
   * Why there is no output, as text.
   *
   * @param taskId the task that failed: the one itself, or one that it depends on
   * @param type the class of the exception
   * @param message its message; empty if it had none
   */
  public record Failure(String taskId, String type, String message) {
    @Override
    public String toString() {
      return "task '" + taskId + "' failed: " + type + (message.isEmpty() ? "" : ": " + message);
    }
  }

  /** The outcome of a task that has an output. */
  public static <T extends @Nullable Object> Outcome<T> of(T value) {
    return new Outcome<>(value, null);
  }

  /** The outcome of a task that has none. */
  public static <T extends @Nullable Object> Outcome<T> failed(Failure failure) {
    return new Outcome<>(null, failure);
  }

  public boolean isSuccess() {
    return failure == null;
  }

  /** The output, or another value if there is none. */
  @SuppressWarnings("NullAway") // null where T is nullable, and then it is the output
  public T orElse(T other) {
    return failure == null ? value : other;
  }

  /**
   * The output.
   *
   * @throws NoSuchElementException if there is none, with the failure
   */
  @SuppressWarnings("NullAway") // null where T is nullable, and then it is the output
  public T orElseThrow() {
    if (failure != null) {
      throw new NoSuchElementException("there is no output, since " + failure);
    }
    return value;
  }
}
