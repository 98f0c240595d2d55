package dev.duraflow.error;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A run ended with failures. The first failure is the cause, the next are suppressed exceptions (twenty at most, so that a stack
 * trace can still be read), and all of them are in {@link #failures()}. What finished stays finished: running the DAG again under
 * the same run id goes on from there.
 */
public final class RunFailedException extends DuraflowException {
  private static final long serialVersionUID = 1L;
  private static final int NAMED_IN_MESSAGE = 3;
  private static final int MOST_SUPPRESSED = 20;

  private final String runId;
  private final transient List<TaskFailure> failures;

  /** @param failures all failures in the order in which they happened, at least one */
  public RunFailedException(String runId, List<TaskFailure> failures) {
    super(message(runId, failures), failures.get(0).cause());
    this.runId = runId;
    this.failures = List.copyOf(failures);
    // One throwable may have failed many tasks; it is told once.
    Set<Throwable> told = Collections.newSetFromMap(new IdentityHashMap<>());
    for (TaskFailure failure : failures) {
      if (told.size() <= MOST_SUPPRESSED && told.add(failure.cause()) && told.size() > 1) {
        addSuppressed(failure.cause());
      }
    }
  }

  private static String message(String runId, List<TaskFailure> failures) {
    if (failures.size() == 1) {
      return "run '" + runId + "': " + failures.get(0);
    }
    String named = failures.stream()
        .limit(NAMED_IN_MESSAGE)
        .map(TaskFailure::toString)
        .collect(Collectors.joining("; "));
    int more = failures.size() - NAMED_IN_MESSAGE;
    return "run '" + runId + "': " + failures.size() + " tasks failed: " + named
        + (more > 0 ? "; and " + more + " more" : "");
  }

  public String runId() {
    return runId;
  }

  /** All failures in the order in which they happened; empty on a deserialized copy. */
  public List<TaskFailure> failures() {
    return failures == null ? List.of() : failures;
  }
}
