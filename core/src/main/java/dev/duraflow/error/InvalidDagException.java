package dev.duraflow.error;

/**
 * A DAG is declared in a way that cannot run: an id used twice, a dependency from another DAG, an output type that cannot be
 * read. Thrown where the declaration stands or before anything of the run starts; the program has to change.
 */
public final class InvalidDagException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  public InvalidDagException(String message) {
    super(message);
  }
}
