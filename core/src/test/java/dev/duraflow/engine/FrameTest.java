package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Outcome;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.TaskRecord;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

final class FrameTest {
  /** A task with five inputs among five sources. */
  private static Dag fanIn() {
    Dag dag = Dag.named("fan-in");
    List<Task<Integer>> sources = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      sources.add(dag.task("source" + i, () -> 1));
    }
    dag.gather("sum", sources, List::size);
    return dag;
  }

  /** The counts that workers share. */
  public static final class Counts {
    private static final Dag DAG = fanIn();

    private final Frame frame = new Frame(Graph.of(DAG), null, null, null, false);

    @Operation
    public boolean inputArrived() {
      return frame.inputArrived(5);
    }

    @Operation
    public boolean lastHasSettled() {
      return frame.lastHasSettled();
    }
  }

  @Test
  void counts_areLinearizable_onEveryInterleaving() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(200)
        .threads(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .actorsPerThread(3)
        .check(Counts.class);
  }

  @Test
  void lastInput_isSeenByOneThread_whichSeesAllInputs() throws Exception {
    Dag dag = fanIn();
    ExecutorService pool = Executors.newFixedThreadPool(5);
    try {
      for (int round = 0; round < 3_000; round++) {
        Frame frame = new Frame(Graph.of(dag), null, null, null, false);
        CyclicBarrier all = new CyclicBarrier(5);
        List<Future<Integer>> sums = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          int source = i;
          sums.add(pool.submit(() -> {
            all.await();
            frame.put(source, source + 1);
            if (!frame.inputArrived(5)) {
              return 0;
            }
            int sum = 0;
            for (int s = 0; s < 5; s++) {
              sum += (Integer) frame.output(s);
            }
            return sum;
          }));
        }
        List<Integer> found = new ArrayList<>();
        for (Future<Integer> sum : sums) {
          found.add(sum.get());
        }
        assertThat(found).as("round %s", round).containsExactlyInAnyOrder(15, 0, 0, 0, 0);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  /** An output in a store, two consumers that are done with it, and somebody outside who asks for it. */
  public static final class Releasing {
    private static final Dag DAG = Dag.named("release");

    static {
      Task<Integer> source = DAG.task("source", () -> 1);
      DAG.task("one", source, n -> n);
      DAG.task("two", source, n -> n);
    }

    private final Frame frame = new Frame(
        Graph.of(DAG),
        null,
        new Records("release", new OneRecord(), new SevenCodec()),
        null,
        false);
    private final AtomicInteger released = new AtomicInteger();

    @Operation
    public void release() {
      int consumer = released.incrementAndGet();
      if (consumer <= 2) {
        frame.releaseInputs(consumer);
      }
    }

    @Operation
    public Object read() {
      return frame.output(0);
    }

    @Validate
    public void nothingIsKeptInMemory() {
      if (released.get() >= 2 && frame.isInMemory(0)) {
        throw new IllegalStateException("the output is kept after its last consumer");
      }
    }
  }

  private static final class SevenCodec implements Codec {
    @Override
    public String name() {
      return "seven";
    }

    @Override
    public void encode(Object value, TypeRef<?> type, OutputStream out) {}

    @Override
    public Object decode(InputStream in, TypeRef<?> type) {
      return 7;
    }
  }

  private static final class OneRecord implements OpenRun {
    private static final Optional<TaskRecord> RECORD = Optional.of(new TaskRecord(
        "source",
        TaskRecord.Kind.OUTPUT,
        "java.lang.Integer",
        "seven",
        1,
        Instant.EPOCH,
        Instant.EPOCH,
        Payload.of(new byte[0])));

    @Override
    public Optional<TaskRecord> find(String taskId) {
      return taskId.equals("source") ? RECORD : Optional.empty();
    }

    @Override
    public CompletionStage<Void> save(TaskRecord record) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }

  @Test
  void outputReadFromOutsideWhileItIsReleased_isNotKept() {
    new ModelCheckingOptions()
        .iterations(5)
        .invocationsPerIteration(200)
        .threads(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .actorsPerThread(2)
        .check(Releasing.class);
  }

  @Test
  void outputs_thatAreNotThere() {
    Dag dag = fanIn();
    Frame frame = new Frame(Graph.of(dag), null, null, null, false);
    assertThat(frame.hasOutput(0)).isFalse();
    assertThatThrownBy(() -> frame.output(0)).hasMessageContaining("it has not finished");
    Frame.Blocked failed =
        new Frame.Blocked(new Outcome.Failure("source0", "a.Failure", "gone"), true);
    frame.block(0, failed);
    frame.block(5, failed);
    assertThat(frame.hasOutput(0)).isFalse();
    assertThatThrownBy(() -> frame.output(0)).hasMessageContaining("it failed");
    assertThatThrownBy(() -> frame.output(5))
        .hasMessageContaining("it was skipped because task 'source0' failed");
    frame.put(1, null);
    assertThat(frame.hasOutput(1)).isTrue();
    assertThat(frame.output(1)).isNull();
    assertThat(frame.rootCause(5)).isEqualTo(failed);
    assertThat(frame.anyRootCause()).isEqualTo(failed);
    Task<Integer> other = Dag.named("other").task("task", () -> 1);
    assertThatThrownBy(() -> frame.get(other)).isInstanceOf(IllegalArgumentException.class);
  }
}
