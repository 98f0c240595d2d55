package dev.duraflow.error;

import org.jspecify.annotations.Nullable;

/**
 * A value could not be turned into bytes that can be read back, or stored bytes are not a value of the declared type. Nothing
 * is stored or overwritten by it.
 */
public final class CodecException extends DuraflowException {
  private static final long serialVersionUID = 1L;

  public CodecException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
