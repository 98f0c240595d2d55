package dev.duraflow.error;

/**
 * A record was stored with another type than the one that is now declared or asked for. Found before anything of the run
 * starts; the record stays as it is.
 */
public final class TypeMismatchException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  private final String taskId;
  private final String storedType;
  private final String declaredType;

  public TypeMismatchException(
      String runId, String taskId, String storedType, String declaredType) {
    super("task '" + taskId + "' in run '" + runId + "' was stored as " + storedType
        + " but is now declared as " + declaredType
        + "; change the type back, rename the task, or use another run id");
    this.taskId = taskId;
    this.storedType = storedType;
    this.declaredType = declaredType;
  }

  public String taskId() {
    return taskId;
  }

  public String storedType() {
    return storedType;
  }

  public String declaredType() {
    return declaredType;
  }
}
