package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.event.RunState;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What dagx's tests check of deep, wide and oddly shaped graphs, with the numbers given there. */
final class SeedShapesTest {
  private final Duraflow duraflow = Duraflow.withoutStore();
  private final Dag dag = Dag.named("shape");
  private final AtomicInteger calls = new AtomicInteger();

  private int sum(List<Integer> values) {
    calls.incrementAndGet();
    return values.stream().mapToInt(i -> i).sum();
  }

  private Task<Integer> value(String id, int value) {
    return dag.task(id, () -> {
      calls.incrementAndGet();
      return value;
    });
  }

  private Task<Integer> chain(String id, Task<Integer> from, int steps) {
    Task<Integer> task = from;
    for (int i = 0; i < steps; i++) {
      task = dag.task(id + i, task, n -> {
        calls.incrementAndGet();
        return n + 1;
      });
    }
    return task;
  }

  private Task<Integer> gather(String id, List<Task<Integer>> tasks) {
    return dag.gather(id, tasks, this::sum);
  }

  // ---- deep chains

  @Test
  void thousandLevelsDeep() {
    Task<Integer> end = chain("c", value("0", 0), 999);
    assertThat(duraflow.run(dag).get(end)).isEqualTo(999);
  }

  @Test
  void tenThousandLevelsDeep() {
    Task<Integer> end = chain("c", value("0", 0), 9_999);
    assertThat(duraflow.run(dag).get(end)).isEqualTo(9_999);
  }

  @Test
  void deepChainWithABranchAtEachTenth() {
    List<Task<Integer>> branches = new ArrayList<>();
    Task<Integer> task = value("0", 0);
    for (int i = 1; i < 500; i++) {
      task = dag.task("c" + i, task, n -> n + 1);
      if (i % 10 == 0) {
        branches.add(dag.task("branch" + i, task, n -> n * 2));
      }
    }
    Run run = duraflow.run(dag);
    assertThat(run.get(branches.get(0))).isEqualTo(20);
    assertThat(run.get(branches.get(4))).isEqualTo(100);
    assertThat(run.get(task)).isEqualTo(499);
  }

  @Test
  void eightDeepChainsJoined() {
    List<Task<Integer>> ends = new ArrayList<>();
    for (int c = 0; c < 8; c++) {
      ends.add(chain("c" + c + "-", value("start" + c, c * 1_000), 500));
    }
    Task<Integer> join = gather("join", ends);
    assertThat(duraflow.run(dag).get(join)).isEqualTo(8 * 500 + 28_000).isEqualTo(32_000);
  }

  @Test
  void deepChainRunsInStrictOrder() {
    Queue<Integer> order = new ConcurrentLinkedQueue<>();
    Task<Integer> task = dag.task("0", () -> {
      order.add(0);
      return 0;
    });
    for (int i = 1; i < 100; i++) {
      task = dag.task("" + i, task, n -> {
        order.add(n + 1);
        return n + 1;
      });
    }
    duraflow.run(dag);
    assertThat(order).containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
  }

  @Test
  void binaryTreeOfDepthTen() {
    List<Task<Integer>> level = new ArrayList<>();
    for (int i = 0; i < 1 << 10; i++) {
      level.add(value("leaf" + i, 1));
    }
    for (int depth = 9; depth >= 0; depth--) {
      List<Task<Integer>> next = new ArrayList<>();
      for (int i = 0; i < 1 << depth; i++) {
        next.add(
            dag.task("n" + depth + "-" + i, level.get(2 * i), level.get(2 * i + 1), Integer::sum));
      }
      level = next;
    }
    assertThat(duraflow.run(dag).get(level.get(0))).isEqualTo(1 << 10);
  }

  @Test
  void fibonacciChain() {
    Task<Long> a = dag.task("f0", () -> 0L);
    Task<Long> b = dag.task("f1", () -> 1L);
    for (int i = 2; i <= 49; i++) {
      Task<Long> next = dag.task("f" + i, a, b, Long::sum);
      a = b;
      b = next;
    }
    assertThat(duraflow.run(dag).get(b)).isEqualTo(7_778_742_049L);
  }

  @Test
  void chainWithAnAccumulator() {
    Task<Integer> task = value("0", 0);
    for (int i = 1; i <= 200; i++) {
      int n = i;
      task = dag.task("" + i, task, sum -> sum + n);
    }
    assertThat(duraflow.run(dag).get(task)).isEqualTo(20_100);
  }

  @Test
  void zigzagOfTwoChains() {
    Task<Integer> left = value("l", 0);
    Task<Integer> right = value("r", 1);
    for (int i = 0; i < 50; i++) {
      left = dag.task("l" + i, right, n -> n + 1);
      right = dag.task("r" + i, left, n -> n + 1);
    }
    assertThat(duraflow.run(dag).get(right)).isEqualTo(101);
  }

  // ---- wide graphs

  @Test
  void tenThousandIndependentTasks() {
    List<Task<Integer>> tasks =
        IntStream.range(0, 10_000).mapToObj(i -> value("" + i, i)).toList();
    Run run = duraflow.run(dag);
    assertThat(calls.get()).isEqualTo(10_000);
    for (int i : new int[] {0, 1, 4_999, 9_999}) {
      assertThat(run.get(tasks.get(i))).isEqualTo(i);
    }
  }

  @Test
  void pyramidOfFiveThousand_alsoOnOneThread() {
    List<Task<Integer>> level =
        IntStream.range(0, 2_048).mapToObj(i -> value("base" + i, 1)).toList();
    for (int width : new int[] {512, 128, 32, 8, 2, 1}) {
      List<Task<Integer>> below = level;
      int each = below.size() / width;
      level = IntStream.range(0, width)
          .mapToObj(i -> gather("w" + width + "-" + i, below.subList(i * each, (i + 1) * each)))
          .toList();
    }
    assertThat(duraflow.run(dag).get(level.get(0))).isEqualTo(2_048);
    Duraflow one = Duraflow.builder().maxConcurrency(1).build();
    assertThat(one.run(dag).get(level.get(0))).isEqualTo(2_048);
    assertThat(calls.get()).isEqualTo(2 * (2_048 + 512 + 128 + 32 + 8 + 2 + 1));
  }

  @Test
  void thousandSourcesAndThousandSinks() {
    List<Task<Integer>> sources =
        IntStream.range(0, 1_000).mapToObj(i -> value("s" + i, i)).toList();
    List<Task<Integer>> sinks = IntStream.range(0, 1_000)
        .mapToObj(i -> dag.task(
            "t" + i,
            sources.get(i * 7 % 1_000),
            sources.get(i * 13 % 1_000),
            sources.get(i * 29 % 1_000),
            (a, b, c) -> a + b + c))
        .toList();
    Run run = duraflow.run(dag);
    for (int i = 0; i < 1_000; i++) {
      assertThat(run.get(sinks.get(i))).isEqualTo(i * 7 % 1_000 + i * 13 % 1_000 + i * 29 % 1_000);
    }
  }

  @Test
  void hundredChainsOfAHundred() {
    List<Task<Integer>> ends = IntStream.range(0, 100)
        .mapToObj(c -> chain("c" + c + "-", value("start" + c, c), 99))
        .toList();
    Run run = duraflow.run(dag);
    assertThat(calls.get()).isEqualTo(10_000);
    for (int c = 0; c < 100; c++) {
      assertThat(run.get(ends.get(c))).isEqualTo(c + 99);
    }
  }

  @Test
  void fanInOfTwoToEight() {
    List<Task<Integer>> joins = new ArrayList<>();
    for (int n = 2; n <= 8; n++) {
      int factor = n == 2 ? 10 : 1;
      String id = "n" + n + "-";
      joins.add(gather(
          id + "sum",
          IntStream.rangeClosed(1, n).mapToObj(i -> value(id + i, i * factor)).toList()));
    }
    Run run = duraflow.run(dag);
    assertThat(joins).extracting(run::get).containsExactly(30, 6, 10, 15, 21, 28, 36);
  }

  // ---- boundaries

  @Test
  void emptyDagTenTimes_andFilledInBetween() {
    for (int i = 0; i < 10; i++) {
      assertThat(duraflow.run(Dag.named("empty")).state()).isEqualTo(RunState.SUCCEEDED);
      Dag filled = Dag.named("filled");
      Task<Integer> task = filled.task("task", () -> 1);
      assertThat(duraflow.run(filled).get(task)).isEqualTo(1);
    }
  }

  @Test
  void taskWithoutInputOrOutput_runsOnce() {
    Task<Void> task = dag.task("unit", () -> {
      calls.incrementAndGet();
      return null;
    });
    assertThat(duraflow.run(dag).get(task)).isNull();
    assertThat(calls.get()).isEqualTo(1);
  }

  @Test
  void hundredSourcesOnly() {
    IntStream.range(0, 100).forEach(i -> value("" + i, i));
    assertThat(duraflow.run(dag).completed()).isEqualTo(100);
    assertThat(calls.get()).isEqualTo(100);
  }

  /** A task that keeps state. */
  private static final class Counter {
    private int count = 10;

    int add(int n) {
      count += n;
      return count;
    }
  }

  @Test
  void statelessReadingAndStatefulTasksInOneDag() {
    Counter counter = new Counter();
    Task<Integer> two = value("stateless", 8);
    int captured = 8;
    Task<Integer> read = dag.task("reads", two, n -> n + captured);
    Task<Integer> state = dag.task("keeps", read, counter::add);
    Run run = duraflow.run(dag);
    assertThat(List.of(run.get(two), run.get(read), run.get(state))).containsExactly(8, 16, 26);
  }

  private sealed interface Shape {
    record Circle(double radius) implements Shape {}

    record Square(double side, List<String> names) implements Shape {}
  }

  @Test
  void valuesOfManyTypes() {
    Task<String> text = dag.task("text", () -> "hi");
    Task<Boolean> truth = dag.task("truth", () -> true);
    Task<int[]> array = dag.task("array", () -> new int[] {1, 2, 3});
    Task<byte[]> large = dag.task("large", () -> new byte[8_192]);
    Task<Shape> shape = dag.task("shape", large, b -> new Shape.Circle(b.length));
    Task<Shape> other = dag.task("other", array, a -> new Shape.Square(a[2], List.of("s")));
    Task<Integer> number = dag.task("number", () -> 42);
    Task<String> joined =
        dag.task("joined", text, number, truth, (s, n, b) -> s + ":" + n + ":" + b);
    Run run = duraflow.run(dag);
    assertThat(run.get(joined)).isEqualTo("hi:42:true");
    assertThat(run.get(shape)).isEqualTo(new Shape.Circle(8_192));
    assertThat(run.get(other)).isEqualTo(new Shape.Square(3, List.of("s")));
  }

  // ---- basic and patterned

  @Test
  void diamond_fanOut_manyToMany_andSharedSource() {
    Task<Integer> source = value("source", 5);
    Task<Integer> left = dag.task("left", source, n -> n + 10);
    Task<Integer> right = dag.task("right", source, n -> n + 15);
    Task<Integer> bottom = dag.task("bottom", left, right, Integer::sum);
    List<Task<Integer>> fan = IntStream.range(0, 100)
        .mapToObj(i -> dag.task("fan" + i, source, n -> {
          calls.incrementAndGet();
          return n + i;
        }))
        .toList();
    Task<Integer> many = dag.task("many", left, fan.get(3), (a, b) -> a * b);
    Run run = duraflow.run(dag);
    assertThat(run.get(bottom)).isEqualTo(35);
    assertThat(calls.get()).isEqualTo(101);
    assertThat(fan)
        .extracting(run::get)
        .isEqualTo(IntStream.range(5, 105).boxed().toList());
    assertThat(run.get(many)).isEqualTo(15 * 8);
  }

  @Test
  void mapReduceSixteenToOne() {
    List<Task<Integer>> level =
        IntStream.rangeClosed(1, 16).mapToObj(i -> value("m" + i, i)).toList();
    for (int width : new int[] {4, 1}) {
      List<Task<Integer>> below = level;
      int each = below.size() / width;
      level = IntStream.range(0, width)
          .mapToObj(i -> gather("r" + width + i, below.subList(i * each, (i + 1) * each)))
          .toList();
    }
    assertThat(duraflow.run(dag).get(level.get(0))).isEqualTo(136);
  }

  @Test
  void gridOfFourByFour_countsItsPaths() {
    List<List<Task<Integer>>> grid = new ArrayList<>();
    for (int r = 0; r < 4; r++) {
      List<Task<Integer>> row = new ArrayList<>();
      grid.add(row);
      for (int c = 0; c < 4; c++) {
        String id = r + "," + c;
        row.add(
            r == 0 || c == 0
                ? value(id, 1)
                : dag.task(id, grid.get(r - 1).get(c), row.get(c - 1), Integer::sum));
      }
    }
    assertThat(duraflow.run(dag).get(grid.get(3).get(3))).isEqualTo(20);
  }

  @Test
  void butterflyOfEight_givesEachEndTheSumOfAll() {
    List<Task<Integer>> stage =
        IntStream.range(0, 8).mapToObj(i -> value("0-" + i, i)).toList();
    for (int distance = 1; distance < 8; distance *= 2) {
      List<Task<Integer>> before = stage;
      int d = distance;
      stage = IntStream.range(0, 8)
          .mapToObj(i -> dag.task(d + "-" + i, before.get(i), before.get(i ^ d), Integer::sum))
          .toList();
    }
    Run run = duraflow.run(dag);
    assertThat(stage).extracting(run::get).containsOnly(28);
  }

  @Test
  void listsFlowFromProducerToConsumer() {
    Task<List<Integer>> producer =
        dag.task("producer", () -> List.of(1, 2, 3, 4, 5)).returns(new TypeRef<List<Integer>>() {});
    Task<Integer> consumer = dag.task("consumer", producer, this::sum);
    assertThat(duraflow.run(dag).get(consumer)).isEqualTo(15);
  }

  @Test
  void tasksAddedAfterARun_runInTheNext() {
    Task<Integer> first = value("first", 1);
    duraflow.run(dag);
    Task<Integer> second = dag.task("second", first, n -> n + 1);
    assertThat(duraflow.run(dag).get(second)).isEqualTo(2);
  }
}
