package dev.duraflow.benchmarks.jmh;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.TypeRef;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Outputs into JSON: the smallest one, and a list of ten records. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CodecBenchmark {
  /** Something that a task may return. */
  public record Leg(String from, String to, int distance, Duration delay) {}

  private static final TypeRef<Integer> NUMBER_TYPE = TypeRef.of(Integer.class);
  private static final TypeRef<List<Leg>> LEGS_TYPE = new TypeRef<>() {};

  private final Codec codec = Codec.json();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final Integer number = 100;
  private final List<Leg> legs =
      Collections.nCopies(10, new Leg("ORD", "LAX", 1744, Duration.ofMinutes(7)));

  @Benchmark
  public int encodeNumber() throws IOException {
    return encode(number, NUMBER_TYPE);
  }

  @Benchmark
  public int encodeRecords() throws IOException {
    return encode(legs, LEGS_TYPE);
  }

  private int encode(Object value, TypeRef<?> type) throws IOException {
    out.reset();
    codec.encode(value, type, out);
    return out.size();
  }
}
