package dev.duraflow.dag;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was said of a task beside its dependencies and its body. Immutable.
 *
 * @param retry null for the default of the DAG, or else of the engine
 * @param timeout how long one attempt may take; null for as long as it wants
 * @param totalTimeout how long all attempts may take, with the delays between them; null for as long as they want
 * @param limits by name, each once
 * @param priority higher ones are taken first; 0 unless said
 */
public record TaskOptions(
    @Nullable Retry retry,
    @Nullable Duration timeout,
    @Nullable Duration totalTimeout,
    List<Limit> limits,
    int priority) {
  /** Nothing was said. */
  public static final TaskOptions NONE = new TaskOptions(null, null, null, List.of(), 0);

  TaskOptions withRetry(Retry value) {
    return new TaskOptions(value, timeout, totalTimeout, limits, priority);
  }

  TaskOptions withTimeout(Duration value) {
    return new TaskOptions(retry, value, totalTimeout, limits, priority);
  }

  TaskOptions withTotalTimeout(Duration value) {
    return new TaskOptions(retry, timeout, value, limits, priority);
  }

  TaskOptions withLimits(List<Limit> value) {
    return new TaskOptions(retry, timeout, totalTimeout, value, priority);
  }

  TaskOptions withPriority(int value) {
    return new TaskOptions(retry, timeout, totalTimeout, limits, value);
  }
}
