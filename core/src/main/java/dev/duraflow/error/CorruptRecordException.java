package dev.duraflow.error;

import org.jspecify.annotations.Nullable;

/** A record is there but damaged: truncated, altered, or not written by duraflow. It is never returned and never overwritten. */
public final class CorruptRecordException extends StoreException {
  private static final long serialVersionUID = 1L;

  public CorruptRecordException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
