package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.TaskFailure;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunState;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random DAGs against a sequential model, on every kind of store, and with a crash at every point where something is saved. */
final class RandomDagTest {
  private static final int SEEDS = 80;
  private static final int CRASHING_SEEDS = 12;

  @TempDir
  private static Path directory;

  private static final AtomicInteger DIRECTORIES = new AtomicInteger();

  /**
   * A kind of store to run on: where the records are, and how they get there; without a base, none.
   *
   * @param slowness so many times fewer seeds, and crashes for each, than on memory
   */
  record Kind(String name, Supplier<Store> base, AsyncStore.Mode mode, int slowness) {
    Store open(long seed) {
      return base == null ? null : around(base.get(), seed);
    }

    Store around(Store inner, long seed) {
      return mode == null ? inner : new AsyncStore(inner, mode, seed);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Kind> kinds() {
    List<Kind> kinds = new ArrayList<>();
    kinds.add(new Kind("none", null, null, 1));
    kinds.add(new Kind("memory", Store::inMemory, null, 1));
    for (AsyncStore.Mode mode : AsyncStore.Mode.values()) {
      kinds.add(new Kind("memory " + mode, Store::inMemory, mode, 1));
    }
    kinds.add(new Kind("files", RandomDagTest::files, null, 6));
    kinds.add(new Kind("journal", RandomDagTest::journal, null, 4));
    return kinds;
  }

  private static Store files() {
    return Store.files(directory.resolve("store" + DIRECTORIES.incrementAndGet()));
  }

  private static Store journal() {
    return Store.journal(directory.resolve("store" + DIRECTORIES.incrementAndGet()));
  }

  static List<Kind> storing() {
    return kinds().subList(1, kinds().size());
  }

  private static Duraflow.Builder on(Store store, long seed) {
    Duraflow.Builder builder = Duraflow.builder();
    if (store != null) {
      builder.store(store);
    }
    switch ((int) (seed % 4)) {
      case 0 -> builder.maxConcurrency(1);
      case 1 -> builder.maxConcurrency(2);
      case 2 -> builder.maxConcurrency(4);
      default -> {}
    }
    return builder;
  }

  private static String named(Kind kind, long seed) {
    return "seed " + seed + " on " + kind;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void outputsAreTheModels_andEachBodyIsCalledOnce(Kind kind) {
    for (long seed = 0; seed < SEEDS / kind.slowness; seed++) {
      RandomDag random = new RandomDag(seed, false);
      Store store = kind.open(seed);
      Run run = on(store, seed).build().run(random.dag);
      assertThat(random.outputs(run)).as(named(kind, seed)).isEqualTo(random.expectedOutputs());
      assertThat(random.takeCalls()).as(named(kind, seed)).isEqualTo(once(random.running));
      assertThat(run.completed() + random.excused).isEqualTo(run.total());
      assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
      if (store != null) {
        Run again = on(store, seed + 1).build().run(random.dag);
        assertThat(random.takeCalls()).as(named(kind, seed)).isEmpty();
        assertThat(random.outputs(again)).as(named(kind, seed)).isEqualTo(random.expectedOutputs());
        assertThat(again.reused()).isEqualTo(again.total()).isLessThanOrEqualTo(run.total());
        store.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void keepGoing_runsFailsAndSkipsWhatTheModelDoes(Kind kind) throws Exception {
    for (long seed = 0; seed < SEEDS / kind.slowness; seed++) {
      RandomDag random = new RandomDag(seed, true);
      Store store = kind.open(seed);
      Queue<String> skipped = new ConcurrentLinkedQueue<>();
      Duraflow duraflow = on(store, seed)
          .failurePolicy(FailurePolicy.KEEP_GOING)
          .listener(event -> {
            if (event instanceof RunEvent.TaskSkipped skip) {
              skipped.add(skip.taskId() + "=" + skip.rootCause());
            }
          })
          .build();
      Run run = awaited(duraflow.start(random.dag), kind, seed);
      assertThat(random.outputs(run)).as(named(kind, seed)).isEqualTo(random.expectedOutputs());
      assertThat(random.takeCalls()).as(named(kind, seed)).isEqualTo(once(random.running));
      assertThat(failed(run)).as(named(kind, seed)).isEqualTo(random.failing);
      assertThat(skipped)
          .as(named(kind, seed))
          .containsExactlyInAnyOrderElementsOf(
              random.skipped.entrySet().stream().map(Map.Entry::toString).toList());
      assertThat(run.state())
          .isEqualTo(random.failing.isEmpty() ? RunState.SUCCEEDED : RunState.FAILED);
      if (store != null) {
        Run again = awaited(duraflow.start(random.dag), kind, seed);
        assertThat(random.takeCalls()).as(named(kind, seed)).isEqualTo(once(random.runningAgain));
        assertThat(random.outputs(again)).as(named(kind, seed)).isEqualTo(random.expectedOutputs());
        store.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void failFast_doesNothingThatTheModelDoesNot(Kind kind) throws Exception {
    for (long seed = 0; seed < SEEDS / kind.slowness; seed++) {
      RandomDag random = new RandomDag(seed, true);
      Store store = kind.open(seed);
      Run run = awaited(on(store, seed).build().start(random.dag), kind, seed);
      Map<String, Integer> calls = random.takeCalls();
      assertThat(once(random.running).entrySet())
          .as(named(kind, seed))
          .containsAll(calls.entrySet());
      assertThat(random.expectedOutputs().entrySet())
          .as(named(kind, seed))
          .containsAll(random.outputs(run).entrySet());
      if (random.failing.isEmpty()) {
        assertThat(run.state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(random.outputs(run)).isEqualTo(random.expectedOutputs());
      } else {
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(random.failing).as(named(kind, seed)).containsAll(failed(run));
        assertThat(failed(run)).isNotEmpty();
      }
      if (store != null) {
        store.close();
      }
    }
  }

  private static Run awaited(Run run, Kind kind, long seed) throws InterruptedException {
    assertThat(run.await(java.time.Duration.ofMinutes(1)))
        .as("%s ends", named(kind, seed))
        .isTrue();
    return run;
  }

  private static Set<String> failed(Run run) {
    Set<String> failed = new TreeSet<>();
    run.failures().forEach(failure -> assertThat(failed.add(failure.taskId())).isTrue());
    return failed;
  }

  private static Map<String, Integer> once(Set<String> ids) {
    Map<String, Integer> counts = new TreeMap<>();
    ids.forEach(id -> counts.put(id, 1));
    return counts;
  }

  /** Where a process dies at a save. */
  private enum Death {
    BEFORE_IT_IS_STORED,
    BEFORE_IT_IS_ACKNOWLEDGED
  }

  /** Stands for a process that dies at its n-th save: nothing is stored or acknowledged from then on. */
  private static final class Crash implements StoreAround.Saving {
    private final int at;
    private final Death death;
    private final Set<String> acknowledged;
    private int saves;
    boolean happened;

    Crash(int at, Death death, Set<String> acknowledged) {
      this.at = at;
      this.death = death;
      this.acknowledged = acknowledged;
    }

    @Override
    public synchronized CompletionStage<Void> save(OpenRun inner, TaskRecord record) {
      saves++;
      if (saves < at) {
        inner.save(record).toCompletableFuture().join();
        acknowledged.add(record.taskId());
        return CompletableFuture.completedFuture(null);
      }
      if (saves == at && death == Death.BEFORE_IT_IS_ACKNOWLEDGED) {
        inner.save(record).toCompletableFuture().join();
      }
      happened = true;
      return StoreAround.failed(new IOException("crash"));
    }
  }

  @ParameterizedTest
  @MethodSource("storing")
  void crashAtEveryPersistPoint_losesNothingThatWasAcknowledged(Kind kind) {
    for (long seed = 0; seed < CRASHING_SEEDS / kind.slowness; seed++) {
      for (Death death : Death.values()) {
        boolean crashed = true;
        for (int n = 1; crashed; n += kind.slowness) {
          String as = named(kind, seed) + ", " + death + " at save " + n;
          RandomDag random = new RandomDag(seed, false);
          Store inner = kind.base.get();
          Set<String> acknowledged = new HashSet<>();
          Crash crash = new Crash(n, death, acknowledged);
          Store dying = kind.around(new StoreAround(inner, crash), seed);
          try {
            on(dying, seed + n).build().run(random.dag);
            assertThat(crash.happened).as(as).isFalse();
          } catch (RunFailedException e) {
            assertThat(crash.happened).as(as).isTrue();
            assertThat(e.failures())
                .extracting(TaskFailure::cause)
                .allMatch(c -> c.getMessage().contains("crash"));
          }
          crashed = crash.happened;
          random.takeCalls();
          dying.close();

          Run run = on(inner, seed + n + 1).build().run(random.dag);
          assertThat(random.outputs(run)).as(as).isEqualTo(random.expectedOutputs());
          Map<String, Integer> calls = random.takeCalls();
          assertThat(calls.keySet()).as(as).noneMatch(acknowledged::contains);
          assertThat(calls.values()).as(as).allMatch(count -> count == 1);
          if (!crashed) {
            assertThat(calls).as(as).isEmpty();
          }
        }
      }
    }
  }

  @Test
  void crashAgainAndAgain_endsAtLast() {
    for (long seed = 0; seed < CRASHING_SEEDS; seed++) {
      RandomDag random = new RandomDag(seed, false);
      Store inner = Store.inMemory();
      Set<String> acknowledged = new HashSet<>();
      boolean done = false;
      for (int life = 0; !done; life++) {
        assertThat(life).as("seed %s", seed).isLessThan(2_000);
        random.takeCalls();
        Set<String> before = Set.copyOf(acknowledged);
        try {
          Crash crash =
              new Crash(1 + (int) ((seed + life) % 3), Death.values()[life % 2], acknowledged);
          Run run = on(new StoreAround(inner, crash), life).build().run(random.dag);
          assertThat(random.outputs(run)).as("seed %s", seed).isEqualTo(random.expectedOutputs());
          done = true;
        } catch (RunFailedException e) {
          assertThat(e).hasMessageContaining("crash");
        }
        assertThat(random.takeCalls().keySet())
            .as("seed %s, life %s", seed, life)
            .noneMatch(before::contains);
      }
    }
  }
}
