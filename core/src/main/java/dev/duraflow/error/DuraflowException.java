package dev.duraflow.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything that duraflow throws. The message names the task and the run, says what was expected and what was
 * found, and names the way out; the cause, if there is one, is always kept.
 */
public class DuraflowException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DuraflowException(String message) {
    super(message);
  }

  public DuraflowException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
