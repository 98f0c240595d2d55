package dev.duraflow.engine;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.TaskRecord;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;

/**
 * Workers that come, and saves that become durable, in every interleaving of a few of them: whatever has happened, if all workers
 * that were sent for come and all saves become durable, the run ends.
 */
final class ForgottenTaskTest {
  private static Dag diamond() {
    Dag dag = Dag.named("diamond");
    Task<Integer> top = dag.task("top", () -> 1);
    Task<Integer> left = dag.task("left", top, n -> n);
    Task<Integer> right = dag.task("right", top, n -> n);
    dag.task("bottom", left, right, Integer::sum);
    return dag;
  }

  /** A run that was started; its executor and its store do nothing until they are told. */
  private abstract static class Model {
    private static final Dag DAG = diamond();

    private final Queue<Runnable> sent = new ArrayDeque<>();
    private final Queue<CompletableFuture<Void>> saves = new ArrayDeque<>();
    private final Execution execution;

    Model(int most) {
      Settings settings =
          TestSettings.of(this::send, most, FailurePolicy.FAIL_FAST, List.of(), new StoppedClock());
      OpenRun run = new OpenRun() {
        @Override
        public Optional<TaskRecord> find(String taskId) {
          return Optional.empty();
        }

        @Override
        public CompletionStage<Void> save(TaskRecord record) {
          return saveLater();
        }

        @Override
        public void close() {}
      };
      execution = new Execution(
          DAG, "run", settings, new Records("run", run, new OneCodec()), Durations.unknown(), 1);
      execution.start();
    }

    private void send(Runnable worker) {
      synchronized (sent) {
        sent.add(worker);
      }
    }

    private CompletionStage<Void> saveLater() {
      CompletableFuture<Void> saved = new CompletableFuture<>();
      synchronized (saves) {
        saves.add(saved);
      }
      return saved;
    }

    boolean oneComes() {
      Runnable worker;
      synchronized (sent) {
        worker = sent.poll();
      }
      if (worker != null) {
        worker.run();
      }
      return worker != null;
    }

    boolean oneIsDurable() {
      CompletableFuture<Void> saved;
      synchronized (saves) {
        saved = saves.poll();
      }
      return saved != null && saved.complete(null);
    }

    void end() {
      while (oneComes() || oneIsDurable()) {
        // Whoever can do anything does it.
      }
      if (execution.state() != RunState.SUCCEEDED || execution.completed() != 4) {
        throw new IllegalStateException("nobody is on the way, and yet " + execution.state() + ", "
            + execution.completed() + " of 4");
      }
    }
  }

  /** With room for one worker. */
  public static final class OneAtATime extends Model {
    public OneAtATime() {
      super(1);
    }

    @Operation
    public void worker() {
      oneComes();
    }

    @Operation
    public void durable() {
      oneIsDurable();
    }

    @Validate
    public void runEnds() {
      end();
    }
  }

  private static final class OneCodec implements Codec {
    @Override
    public String name() {
      return "one";
    }

    @Override
    public void encode(Object value, TypeRef<?> type, OutputStream out) {}

    @Override
    public Object decode(InputStream in, TypeRef<?> type) {
      return 1;
    }
  }

  private static final class StoppedClock extends Clock {
    @Override
    public Instant instant() {
      return Instant.EPOCH;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @Test
  void noTaskIsForgotten_whenWorkersComeAndSavesBecomeDurableAtAnyTime() {
    new ModelCheckingOptions()
        .iterations(5)
        .invocationsPerIteration(60)
        .threads(2)
        .actorsBefore(2)
        .actorsAfter(0)
        .actorsPerThread(3)
        .check(OneAtATime.class);
  }
}
