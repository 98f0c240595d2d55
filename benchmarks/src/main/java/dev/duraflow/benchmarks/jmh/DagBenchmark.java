package dev.duraflow.benchmarks.jmh;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Small DAGs without a store: to declare one, and to run it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DagBenchmark {
  private static final int CHAIN = 100;

  private final Duraflow duraflow = Duraflow.withoutStore();
  private final Dag diamond = diamond();
  private final Dag chain = declareChain();

  @TearDown
  public void close() {
    duraflow.close();
  }

  @Benchmark
  public Dag declareDiamond() {
    return diamond();
  }

  private static Dag diamond() {
    Dag dag = Dag.named("diamond");
    Task<Integer> top = dag.task("top", () -> 1);
    Task<Integer> left = dag.task("left", top, x -> x + 1);
    Task<Integer> right = dag.task("right", top, x -> x + 2);
    dag.task("bottom", left, right, Integer::sum);
    return dag;
  }

  @Benchmark
  public Run runDiamond() {
    return duraflow.run(diamond);
  }

  /** 100 tasks. */
  @Benchmark
  public Run runChain() {
    return duraflow.run(chain);
  }

  private static Dag declareChain() {
    Dag dag = Dag.named("chain");
    Task<Integer> last = dag.task("0", () -> 1);
    for (int i = 1; i < CHAIN; i++) {
      last = dag.task(Integer.toString(i), last, x -> x + 1);
    }
    return dag;
  }
}
