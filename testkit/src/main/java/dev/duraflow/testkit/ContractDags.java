package dev.duraflow.testkit;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

/** The DAGs of the contract for task engines; their parameter is the path of a {@link CallLog}. */
final class ContractDags {
  /** How many elements its map has. */
  static final int ELEMENTS = 200;

  /** Tasks to be performed one by one. */
  static final DagFactory<String> PARTS =
      DagFactory.named("contract-parts", String.class, ContractDags::parts);

  /** Tasks that succeed together. */
  static final DagFactory<String> WHOLE =
      DagFactory.named("contract-whole", String.class, ContractDags::whole);

  static final DagFactories ALL = DagFactories.of(PARTS, WHOLE);

  private ContractDags() {}

  private static Dag parts(String log) {
    CallLog calls = new CallLog(log);
    Dag dag = Dag.named("contract-parts");
    Task<String> greeting = dag.task("greeting", () -> {
      calls.add("greeting");
      return "hello";
    });
    dag.task("length", greeting, String::length);
    dag.task("told", () -> {
      TaskContext context = TaskContext.current();
      context.progress(0.5, "half");
      return context.idempotencyKey() + " " + context.attempt() + " " + context.isCancelled();
    });
    dag.<String>task("bad", () -> {
          calls.add("bad");
          throw new IllegalStateException("no luck", new IOException("disk full"));
        })
        .returns(String.class);
    dag.<String>task("odd", () -> {
          throw new Odd();
        })
        .returns(String.class);
    dag.task("waits", () -> {
      calls.add("waits");
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        calls.add("interrupted");
      }
      return "too late";
    });
    return dag;
  }

  /** What no serialization can carry, and nobody can print. */
  private static final class Odd extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings({"serial", "unused"})
    private final Object thread = Thread.currentThread();

    @Override
    public String getMessage() {
      throw new IllegalStateException("has no message");
    }
  }

  private static Dag whole(String log) {
    CallLog calls = new CallLog(log);
    Dag dag = Dag.named("contract-whole");
    Task<List<Integer>> numbers = dag.task("numbers", ContractDags::numbers);
    Task<Integer> one = dag.task("one", () -> 1);
    Task<List<Integer>> squares = dag.map("square", numbers, one, String::valueOf, (n, plus) -> {
      calls.add("square[" + n + "]");
      return n * n + plus;
    });
    Task<Integer> flaky = dag.task("flaky", () -> {
          int first = TaskContext.current().step("first", () -> {
            calls.add("first");
            return 7;
          });
          if (TaskContext.current().attempt() == 1) {
            throw new IOException("once");
          }
          return first;
        })
        .retry(Retry.times(2).retryIf(e -> e instanceof IOException));
    Task<Integer> grown = dag.expand("grown", flaky, ContractDags::grow);
    dag.task("sum", squares, grown, (all, more) -> all.stream().mapToInt(n -> n).sum() + more);
    return dag;
  }

  private static List<Integer> numbers() {
    return IntStream.range(0, ELEMENTS).boxed().toList();
  }

  private static Task<Integer> grow(Dag sub, Integer value) {
    Task<List<Integer>> numbers = sub.task("numbers", ContractDags::numbers);
    Task<List<Integer>> scaled = sub.map("scaled", numbers, n -> "a/" + n, n -> n * value);
    return sub.stream("sum", scaled, all -> all.mapToInt(n -> n).sum());
  }

  /** What sum is when all went well. */
  static int sum() {
    return numbers().stream().mapToInt(n -> n * n + 1 + 7 * n).sum();
  }
}
