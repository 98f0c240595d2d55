package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.event.Progress;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What listeners are told. */
final class EventsTest {
  private static final Logger LOG = Logger.getLogger("dev.duraflow");

  @BeforeAll
  static void silence() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    LOG.setLevel(null);
  }

  private static final TypeRef<List<Integer>> INTEGERS = new TypeRef<>() {};

  /** Moves by a second at each look. */
  private static final class TickingClock extends Clock {
    private final AtomicInteger seconds = new AtomicInteger();

    @Override
    public Instant instant() {
      return Instant.ofEpochSecond(seconds.incrementAndGet());
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

  private static List<Duraflow.Builder> builders() {
    return Arrays.asList(
        Duraflow.builder(),
        Duraflow.builder().store(Store.inMemory()),
        Duraflow.builder().store(AsyncStore.inMemory()),
        Duraflow.builder().store(new AsyncStore(Store.inMemory(), AsyncStore.Mode.SHUFFLED, 3)));
  }

  private static String taskOf(RunEvent event) {
    return event instanceof RunEvent.TaskStarted e
        ? e.taskId()
        : event instanceof RunEvent.TaskSucceeded e
            ? e.taskId()
            : event instanceof RunEvent.TaskReused e
                ? e.taskId()
                : event instanceof RunEvent.TaskFailed e
                    ? e.taskId()
                    : event instanceof RunEvent.TaskSkipped e ? e.taskId() : "";
  }

  private static Dag mixed() {
    Dag dag = Dag.named("mixed");
    Task<Integer> source = dag.task("source", () -> 1);
    for (int i = 0; i < 20; i++) {
      dag.task("leaf" + i, source, n -> n);
    }
    Task<List<Integer>> range =
        dag.task("range", () -> IntStream.range(0, 50).boxed().toList()).returns(INTEGERS);
    Task<List<Integer>> map = dag.map("map", range, String::valueOf, n -> n);
    dag.task("size", map, List::size);
    return dag;
  }

  @Test
  void events_ofOneTaskComeInOrder_betweenTheFirstAndTheLastOfTheRun() {
    for (Duraflow.Builder builder : builders()) {
      Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
      Run run = builder.listener(events::add).build().run(mixed());
      List<RunEvent> all = List.copyOf(events);
      assertThat(all.get(0)).isInstanceOfSatisfying(RunEvent.RunStarted.class, started -> {
        assertThat(started.tasks()).isEqualTo(24);
        assertThat(started.runId()).isEqualTo("mixed");
      });
      assertThat(all.get(all.size() - 1))
          .isInstanceOfSatisfying(
              RunEvent.RunFinished.class,
              finished -> assertThat(finished.state()).isEqualTo(RunState.SUCCEEDED));
      Map<String, List<String>> byTask = all.subList(1, all.size() - 1).stream()
          .collect(Collectors.groupingBy(
              EventsTest::taskOf,
              Collectors.mapping(e -> e.getClass().getSimpleName(), Collectors.toList())));
      assertThat(byTask).hasSize(74).hasSize(run.total());
      assertThat(byTask.values()).containsOnly(List.of("TaskStarted", "TaskSucceeded"));
    }
  }

  @Test
  void events_ofReuseFailureAndSkip() {
    Store store = Store.inMemory();
    Dag dag = Dag.named("kinds");
    Task<Integer> good = dag.task("good", () -> 1);
    Duraflow.builder().store(store).build().run(dag);
    Task<Integer> bad = dag.task("bad", good, n -> {
      if (n == 1) {
        throw new IllegalStateException("boom");
      }
      return n;
    });
    dag.task("next", bad, n -> n);
    Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
    Clock clock = new TickingClock();
    assertThatThrownBy(() -> Duraflow.builder()
            .store(store)
            .failurePolicy(FailurePolicy.KEEP_GOING)
            .clock(clock)
            .listener(events::add)
            .maxConcurrency(1)
            .build()
            .run(dag))
        .isInstanceOf(RunFailedException.class);
    assertThat(events)
        .extracting(e -> e.getClass().getSimpleName() + " " + taskOf(e))
        .containsExactly(
            "RunStarted ",
            "TaskReused good",
            "TaskStarted bad",
            "TaskFailed bad",
            "TaskSkipped next",
            "RunFinished ");
    List<Instant> times = events.stream().map(RunEvent::at).toList();
    assertThat(times).isSorted().doesNotHaveDuplicates();
    assertThat(events)
        .anyMatch(e -> e instanceof RunEvent.TaskSkipped s && s.rootCause().equals("bad"));
    assertThat(events)
        .anyMatch(
            e -> e instanceof RunEvent.TaskFailed f && f.cause().getMessage().equals("boom"));
    assertThat(events)
        .anyMatch(e -> e instanceof RunEvent.RunFinished f && f.state() == RunState.FAILED);
  }

  @Test
  void elapsed_isFromTheStartOfTheBodyToTheDurableRecord() {
    Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
    Dag dag = Dag.named("elapsed");
    dag.task("task", () -> 1);
    Duraflow.builder()
        .store(Store.inMemory())
        .clock(new TickingClock())
        .listener(events::add)
        .build()
        .run(dag);
    // Looks at the clock: event, start, end of the body, success.
    assertThat(events)
        .anyMatch(e ->
            e instanceof RunEvent.TaskSucceeded s && s.elapsed().equals(Duration.ofSeconds(2)));
  }

  @Test
  void progress_isOneBased_growsByOne_andItsTotalGrowsWithMaps() {
    for (Duraflow.Builder builder : builders()) {
      List<Progress> told = new ArrayList<>(); // not thread-safe: called by one thread at a time
      Duraflow duraflow = builder.onProgress(told::add).build();
      duraflow.run(mixed());
      assertThat(told)
          .extracting(Progress::completed)
          .isEqualTo(IntStream.rangeClosed(1, 74).boxed().toList());
      assertThat(told).extracting(Progress::total).isSorted().startsWith(24).endsWith(74);
      assertThat(told).allMatch(p -> p.completed() <= p.total() && !p.reused());
      assertThat(told).extracting(Progress::taskId).doesNotHaveDuplicates();
      assertThat(told).extracting(Progress::runId).containsOnly("mixed");
    }
  }

  @Test
  void progress_countsReusedTasks_elementsOfMapsToo() {
    Store store = Store.inMemory();
    Dag dag = mixed();
    Duraflow.builder().store(store).build().run(dag);
    Task<?> leaf = dag.tasks().get(1);
    dag.task("new", leaf, n -> n == null ? 0 : 1);
    List<Progress> told = new ArrayList<>();
    Run run = Duraflow.builder().store(store).onProgress(told::add).build().run(dag);
    assertThat(told).hasSize(75);
    assertThat(told.subList(0, 74)).allMatch(Progress::reused);
    assertThat(told.get(74)).isEqualTo(new Progress("mixed", "new", 75, 75, false));
    assertThat(told)
        .extracting(Progress::completed)
        .isEqualTo(IntStream.rangeClosed(1, 75).boxed().toList());
    assertThat(told).extracting(Progress::taskId).contains("map[17]", "map", "source");
    assertThat(run.reused()).isEqualTo(74);
  }

  @Test
  void completed_neverGoesBackWhileARunIsWatched() throws Exception {
    Dag dag = Dag.named("watched");
    for (int c = 0; c < 50; c++) {
      Task<Integer> task = dag.task("c" + c, () -> 0);
      for (int i = 0; i < 100; i++) {
        task = dag.task("c" + c + "-" + i, task, n -> n + 1);
      }
    }
    for (int round = 0; round < 20; round++) {
      Run run = Duraflow.builder()
          .store(new AsyncStore(Store.inMemory(), AsyncStore.Mode.SHUFFLED, round))
          .maxConcurrency(4)
          .build()
          .start(dag);
      int last = 0;
      while (run.state() == RunState.RUNNING) {
        int now = run.completed();
        assertThat(now).isBetween(last, run.total());
        last = now;
      }
      assertThat(run.await().completed()).isEqualTo(50 * 101);
    }
  }

  @Test
  void listenersThatThrow_changeNothing() {
    for (Duraflow.Builder builder : builders()) {
      Queue<String> heard = new ConcurrentLinkedQueue<>();
      Dag dag = Dag.named("throwing");
      Task<Integer> a = dag.task("a", () -> 1);
      Task<Integer> b = dag.task("b", a, n -> n + 1);
      Run run = builder
          .listener(event -> {
            throw new IllegalStateException("listener");
          })
          .listener(event -> {
            throw new AssertionError("listener");
          })
          .onProgress(progress -> {
            throw new IllegalStateException("progress");
          })
          .listener(event -> heard.add(event.getClass().getSimpleName()))
          .onProgress(progress -> heard.add(progress.taskId()))
          .build()
          .run(dag);
      assertThat(run.get(b)).isEqualTo(2);
      assertThat(heard)
          .containsExactly(
              "RunStarted",
              "TaskStarted",
              "TaskSucceeded",
              "a",
              "TaskStarted",
              "TaskSucceeded",
              "b",
              "RunFinished");
    }
  }

  @Test
  void lastEvent_comesBeforeAwaitReturns() throws Exception {
    for (int round = 0; round < 500; round++) {
      Queue<RunEvent> events = new ConcurrentLinkedQueue<>();
      Dag dag = Dag.named("last");
      dag.task("task", () -> 1);
      Duraflow.builder().listener(events::add).build().start(dag).await();
      assertThat(events).last().isInstanceOf(RunEvent.RunFinished.class);
    }
  }
}
