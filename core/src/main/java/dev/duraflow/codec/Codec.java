package dev.duraflow.codec;

import dev.duraflow.dag.TypeRef;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Turns outputs into bytes and back. What {@link #decode} returns must equal what was encoded, in this process and in any later
 * one. Implementations are thread-safe and never instantiate a class that the bytes name.
 *
 * @implSpec a failure is thrown as any exception with a message about the value; the engine adds task and run
 */
public interface Codec {
  /** The codec that stores use by default: JSON of an object's fields, by Jackson. */
  static Codec json() {
    return JsonCodec.INSTANCE;
  }

  /** The name that records carry, so that a record is never read by another codec than the one that wrote it. */
  String name();

  /** Writes a value, null included; leaves the stream open. */
  void encode(@Nullable Object value, TypeRef<?> type, OutputStream out) throws IOException;

  /** Reads a value to the end of the stream. */
  @Nullable
  Object decode(InputStream in, TypeRef<?> type) throws IOException;
}
