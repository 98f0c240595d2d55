package dev.duraflow.error;

import org.jspecify.annotations.Nullable;

/** A store could not do what it was asked for: its directory is missing, a disk is full, a file is unreadable. */
public class StoreException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  public StoreException(String message) {
    super(message);
  }

  public StoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
