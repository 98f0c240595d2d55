package dev.duraflow.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Takes the bytes of a payload that is being encoded, so that a store can keep a large one out of memory. Closing it without
 * {@link #finish} gives up what was written. Not thread-safe.
 */
public abstract class PayloadSink extends OutputStream {
  protected PayloadSink() {}

  /** The payload of all that was written, to be saved in the run that the sink is of. */
  public abstract Payload finish() throws IOException;

  /** A sink that keeps everything in memory. */
  static PayloadSink inMemory() {
    return new InMemory();
  }

  private static final class InMemory extends PayloadSink {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);

    @Override
    public void write(int b) {
      bytes.write(b);
    }

    @Override
    public void write(byte[] from, int offset, int length) {
      bytes.write(from, offset, length);
    }

    @Override
    public Payload finish() {
      return Payload.of(bytes.toByteArray());
    }
  }
}
