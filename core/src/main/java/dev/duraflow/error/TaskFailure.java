package dev.duraflow.error;

import java.io.Serializable;

/**
 * A task that failed and why.
 *
 * @param cause what its body threw, or what kept its output from becoming durable
 */
public record TaskFailure(String taskId, Throwable cause) implements Serializable {
  @Override
  public String toString() {
    return "task '" + taskId + "' failed: "
        + (cause instanceof DuraflowException && cause.getMessage() != null
            ? cause.getMessage()
            : cause);
  }
}
