package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.JournalStore;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** In which order one worker takes what is ready. */
@Timeout(60)
final class OrderRunTest {
  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  private final ManualTime time = new ManualTime();
  private final List<String> ran = new ArrayList<>();

  /** What tasks take, in milliseconds; 0 if it is not said. */
  private final Map<String, Integer> millis = new HashMap<>();

  private Duraflow.Builder one() {
    return Duraflow.builder().maxConcurrency(1).scheduler(time).clock(time.clock());
  }

  private int body(String id) {
    ran.add(id);
    time.advance(Duration.ofMillis(millis.getOrDefault(id, 0)));
    return ran.size();
  }

  private Task<Integer> task(Dag dag, String id) {
    return dag.task(id, () -> body(id));
  }

  private Task<Integer> task(Dag dag, String id, List<? extends Task<?>> dependencies) {
    return dag.task(id, dependencies, in -> body(id)).returns(Integer.class);
  }

  private List<String> order(Duraflow duraflow, Dag dag, String runId) {
    ran.clear();
    duraflow.run(dag, runId);
    return List.copyOf(ran);
  }

  @Test
  void higherPriority_isTakenFirst_withAndWithoutStore() {
    for (Duraflow duraflow :
        List.of(one().build(), one().store(Store.inMemory()).build())) {
      Dag dag = Dag.named("priorities");
      task(dag, "zero");
      task(dag, "low").priority(-1);
      Task<Integer> high = task(dag, "high").priority(2);
      task(dag, "after high", List.of(high));
      task(dag, "middle").priority(1);
      assertThat(order(duraflow, dag, "run"))
          .containsExactly("high", "middle", "after high", "zero", "low");
    }
  }

  @Test
  void priorityOfAMap_isThatOfItsElements_andOfAnExpansion_thatOfWhatIsWithin() {
    Duraflow duraflow = one().store(Store.inMemory()).build();
    Dag dag = Dag.named("priorities");
    Task<List<Integer>> numbers = dag.task("numbers", () -> List.of(1, 2)).returns(INTEGERS);
    numbers.priority(9);
    dag.map("plain", numbers, String::valueOf, n -> body("plain" + n));
    dag.map("first", numbers, String::valueOf, n -> body("first" + n)).priority(3);
    dag.expand("within", numbers, (sub, n) -> {
          task(sub, "last").priority(-1);
          return task(sub, "second");
        })
        .returns(Integer.class)
        .priority(2);
    assertThat(order(duraflow, dag, "run"))
        .containsExactly("first1", "first2", "second", "plain1", "plain2", "last");
  }

  @Test
  void withoutKnowledge_theLongestPathInTasks_isTakenFirst() {
    Duraflow duraflow = one().store(Store.inMemory()).build();
    Dag dag = Dag.named("paths");
    task(dag, "short");
    Task<Integer> a = task(dag, "a");
    Task<Integer> b = task(dag, "b");
    task(dag, "b2", List.of(task(dag, "b1", List.of(b))));
    task(dag, "a1", List.of(a));
    assertThat(order(duraflow, dag, "run")).containsExactly("b", "b1", "b2", "a", "a1", "short");
  }

  @Test
  void durationsOfEarlierRuns_ofTheSameDag_measureThePath() {
    Duraflow duraflow = one().store(Store.inMemory()).build();
    millis.putAll(Map.of("quick", 2, "after quick", 3, "slow", 40));
    assertThat(order(duraflow, quickAndSlow("one"), "run-1"))
        .containsExactly("quick", "after quick", "slow");
    assertThat(order(duraflow, quickAndSlow("one"), "run-2"))
        .containsExactly("slow", "quick", "after quick");
    assertThat(order(duraflow, quickAndSlow("another"), "run-3"))
        .containsExactly("quick", "after quick", "slow");
  }

  @Test
  void oneOddRun_doesNotMakeTheRule() {
    Duraflow duraflow = one().store(Store.inMemory()).build();
    millis.putAll(Map.of("quick", 10, "after quick", 10, "slow", 100));
    order(duraflow, quickAndSlow("odd"), "run-1");
    millis.put("slow", 2);
    assertThat(order(duraflow, quickAndSlow("odd"), "run-2").get(0)).isEqualTo("slow");
    assertThat(order(duraflow, quickAndSlow("odd"), "run-3").get(0)).isEqualTo("slow");
    for (int i = 0; i < 5; i++) {
      order(duraflow, quickAndSlow("odd"), "more-" + i);
    }
    assertThat(order(duraflow, quickAndSlow("odd"), "run-4").get(0)).isEqualTo("quick");
  }

  private Dag quickAndSlow(String name) {
    Dag dag = Dag.named(name);
    task(dag, "after quick", List.of(task(dag, "quick")));
    task(dag, "slow");
    return dag;
  }

  @Test
  void shortTasks_areNotKept() {
    Store store = Store.inMemory();
    millis.putAll(Map.of("quick", 0, "after quick", 0, "slow", 1));
    order(one().store(store).build(), quickAndSlow("short"), "run");
    assertThat(store.durations("short")).containsOnlyKeys("slow");
  }

  @Test
  void ofVeryManyTasks_theLongestAreKept() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("many");
    for (int i = 0; i < 12_000; i++) {
      String id = "task-" + i;
      millis.put(id, 1 + i);
      task(dag, id);
    }
    order(one().store(store).build(), dag, "run");
    assertThat(store.durations("many"))
        .hasSize(10_000)
        .containsKeys("task-2000", "task-11999")
        .doesNotContainKey("task-1999");
  }

  @Test
  void elements_areTakenByTheirOwnDurations_andAMapByItsWhole() {
    Duraflow duraflow = one().store(Store.inMemory()).build();
    millis.putAll(Map.of("e1", 10, "e2", 30, "e3", 20, "beside", 60, "before", 1));
    List<String> first = order(duraflow, mapAndTask(), "run-1");
    assertThat(first).hasSize(5);
    // With the map's 60 ms behind it, what the map waits for is longer than a task of 60.
    assertThat(order(duraflow, mapAndTask(), "run-2"))
        .containsExactly("before", "beside", "e2", "e3", "e1");
  }

  private Dag mapAndTask() {
    Dag dag = Dag.named("map");
    task(dag, "beside");
    Task<List<Integer>> numbers = dag.task("before", () -> {
          body("before");
          return List.of(1, 2, 3);
        })
        .returns(INTEGERS);
    dag.map("e", numbers, String::valueOf, n -> body("e" + n));
    return dag;
  }

  /** Against list scheduling as a textbook has it. */
  @Test
  void randomDags_whoseDurationsAreKnown_runInTheOrderOfTheModel() {
    for (long seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int size = 2 + random.nextInt(40);
      int[][] before = new int[size][];
      millis.clear();
      for (int i = 0; i < size; i++) {
        before[i] = i == 0
            ? new int[0]
            : random.ints(random.nextInt(3), 0, i).distinct().toArray();
        // Of different powers, so that no two paths are as long as each other.
        millis.put("t" + i, 1 + random.nextInt(1_000_000));
      }
      Duraflow duraflow = one().store(Store.inMemory()).build();
      order(duraflow, dag(before), "first");
      assertThat(order(duraflow, dag(before), "second"))
          .as("seed %s", seed)
          .isEqualTo(model(before));
    }
  }

  private Dag dag(int[][] before) {
    Dag dag = Dag.named("random");
    List<Task<Integer>> tasks = new ArrayList<>();
    for (int i = 0; i < before.length; i++) {
      tasks.add(task(dag, "t" + i, IntStream.of(before[i]).mapToObj(tasks::get).toList()));
    }
    return dag;
  }

  private List<String> model(int[][] before) {
    long[] remaining = new long[before.length];
    long work = 0;
    for (int i = before.length - 1; i >= 0; i--) {
      work += millis.get("t" + i);
      remaining[i] += millis.get("t" + i);
      for (int b : before[i]) {
        remaining[b] = Math.max(remaining[b], remaining[i]);
      }
    }
    List<String> order = new ArrayList<>();
    boolean[] done = new boolean[before.length];
    Deque<Integer> ready = new ArrayDeque<>(); // the latest first
    for (int i = before.length - 1; i >= 0; i--) {
      if (before[i].length == 0) {
        ready.push(i);
      }
    }
    for (int next = choice(ready, remaining, work); next >= 0; ) {
      ready.remove(next);
      done[next] = true;
      order.add("t" + next);
      work -= millis.get("t" + next);
      int last = next;
      List<Integer> more = IntStream.range(0, before.length)
          .filter(i -> IntStream.of(before[i]).anyMatch(b -> b == last)
              && IntStream.of(before[i]).allMatch(b -> done[b]))
          .boxed()
          .toList();
      for (int i = more.size() - 1; i >= 0; i--) {
        ready.push(more.get(i));
      }
      next = choice(ready, remaining, work);
    }
    return order;
  }

  private static int choice(Deque<Integer> ready, long[] remaining, long work) {
    int longest = -1;
    for (int i : ready) {
      if (longest < 0 || remaining[i] > remaining[longest]) {
        longest = i;
      }
    }
    return longest < 0 || 2 * remaining[longest] >= work ? longest : ready.peek();
  }

  @Test
  void whatIsNotCritical_isFinishedBeforeMoreIsBegun() {
    Store store = Store.inMemory();
    for (int run = 0; run < 2; run++) { // nothing is known, and then everything
      Dag dag = Dag.named("files");
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        millis.putAll(Map.of("load-" + i, 10, "use-" + i, 5));
        task(dag, "use-" + i, List.of(task(dag, "load-" + i)));
        expected.addAll(List.of("load-" + i, "use-" + i));
      }
      assertThat(order(one().store(store).build(), dag, "run-" + run).subList(0, 190))
          .isEqualTo(expected.subList(0, 190));
    }
  }

  @Test
  void files_keepDurations_besideTheRuns(@TempDir Path directory) throws IOException {
    millis.putAll(Map.of("quick", 2, "after quick", 3, "slow", 40));
    order(one().store(Store.files(directory)).build(), quickAndSlow("a/b C"), "run-1");
    Store store = Store.files(directory);
    assertThat(store.durations("a/b C"))
        .containsOnlyKeys("quick", "after quick", "slow")
        .containsEntry("slow", Duration.ofMillis(40));
    assertThat(order(one().store(store).build(), quickAndSlow("a/b C"), ".durations")
            .get(0))
        .isEqualTo("slow");
    try (Stream<Path> names = Files.list(directory)) {
      assertThat(names.map(name -> name.getFileName().toString()))
          .containsExactlyInAnyOrder(".durations", "run-1", "%2Edurations");
    }
  }

  @Test
  void durations_thatCannotBeReadOrKept_failNoRun() {
    List<Throwable> failures = List.of(new IllegalStateException("no"), new AssertionError("no"));
    for (Throwable failure : failures) {
      Store store = new NoDurations(failure);
      millis.putAll(Map.of("quick", 2, "after quick", 3, "slow", 40));
      assertThat(order(one().store(store).build(), quickAndSlow("dag"), "run")).hasSize(3);
    }
  }

  /** Fails to keep them, and, unless with an error, to read them. */
  private record NoDurations(Throwable failure) implements Store {
    @Override
    public OpenRun open(String runId) {
      return Store.inMemory().open(runId);
    }

    @Override
    public Map<String, Duration> durations(String dagName) {
      if (failure instanceof RuntimeException exception) {
        throw exception;
      }
      return Map.of();
    }

    @Override
    public void keepDurations(String dagName, Map<String, Duration> durations) {
      if (failure instanceof RuntimeException exception) {
        throw exception;
      }
      throw (Error) failure;
    }

    @Override
    public void close() {}
  }

  @Test
  void journal_keepsDurations_besideTheRuns(@TempDir Path directory) throws IOException {
    millis.putAll(Map.of("quick", 2, "after quick", 3, "slow", 40));
    try (Store store = Store.journal(directory)) {
      order(one().store(store).build(), quickAndSlow("a/b C"), "run-1");
    }
    try (JournalStore store = Store.journal(directory)) {
      assertThat(store.durations("a/b C"))
          .containsOnlyKeys("quick", "after quick", "slow")
          .containsEntry("slow", Duration.ofMillis(40));
      assertThat(
              order(one().store(store).build(), quickAndSlow("a/b C"), "run-2").get(0))
          .isEqualTo("slow");
      assertThat(store.runs()).extracting("runId").containsExactlyInAnyOrder("run-1", "run-2");
    }
  }

  @Test
  void journal_whoseDurationsAreDamaged_runsWithoutThem(@TempDir Path directory)
      throws IOException {
    millis.putAll(Map.of("quick", 2, "after quick", 3, "slow", 40));
    Store store = Store.journal(directory);
    order(one().store(store).build(), quickAndSlow("dag"), "run-1");
    Path file;
    try (Stream<Path> files = Files.list(directory.resolve(".durations"))) {
      file = files.toList().get(0);
    }
    for (String damaged : List.of("", "{\"slow\":", "[]", "{\"slow\":\"x\"}", "{\"slow\":-1}")) {
      Files.writeString(file, damaged);
      assertThat(store.durations("dag")).isEmpty();
    }
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(order(one().store(store).build(), quickAndSlow("dag"), "run-2")).hasSize(3);
  }
}
