package dev.duraflow;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.TypeRef;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** JSON that notes what it decoded. */
final class CountingCodec implements Codec {
  final Queue<Object> decoded = new ConcurrentLinkedQueue<>();

  @Override
  public String name() {
    return Codec.json().name();
  }

  @Override
  public void encode(Object value, TypeRef<?> type, OutputStream out) throws IOException {
    Codec.json().encode(value, type, out);
  }

  @Override
  public Object decode(InputStream in, TypeRef<?> type) throws IOException {
    Object value = Codec.json().decode(in, type);
    decoded.add(value == null ? "null" : value);
    return value;
  }
}
