package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class DurationsTest {
  private final Store store = Store.inMemory();

  private static void observe(Durations durations, int task, long micros) {
    Instant end = Instant.EPOCH.plusNanos(1_000 * micros);
    durations.observe("task-" + task, Instant.EPOCH, end);
  }

  private static int held(Durations durations) {
    return durations.observed.size();
  }

  @Test
  void whatIsHeldDuringARun_ofVeryManyTasks_isBounded_andTheLongestAreKept() {
    long seed = System.nanoTime();
    List<Integer> tasks = new ArrayList<>(IntStream.range(0, 200_000).boxed().toList());
    Collections.shuffle(tasks, new Random(seed));
    Durations durations = Durations.of(store, "dag");
    for (int task : tasks) {
      observe(durations, task, 1_000 + task);
      assertThat(held(durations)).as("seed %s", seed).isLessThanOrEqualTo(2 * Durations.MOST);
    }
    durations.keep();
    Map<String, Duration> longest = new HashMap<>();
    for (int task = 200_000 - Durations.MOST; task < 200_000; task++) {
      longest.put("task-" + task, Duration.ofNanos(1_000L * (1_000 + task)));
    }
    assertThat(store.durations("dag")).as("seed %s", seed).isEqualTo(longest);
  }

  @Test
  void whatIsHeld_ofVeryManyTasksThatTakeTheSame_isBounded() {
    Durations durations = Durations.of(store, "dag");
    for (int task = 0; task < 100_000; task++) {
      observe(durations, task, 1_000);
      assertThat(held(durations)).isLessThanOrEqualTo(2 * Durations.MOST);
    }
    durations.keep();
    assertThat(store.durations("dag")).hasSize(Durations.MOST);
  }

  @Test
  void whatIsHeld_ofTasksThatEndAtTheSameTime_isBounded() {
    Durations durations = Durations.of(store, "dag");
    int threads = 4;
    CompletableFuture.allOf(IntStream.range(0, threads)
            .mapToObj(thread -> CompletableFuture.runAsync(() -> {
              for (int i = 0; i < 50_000; i++) {
                observe(durations, threads * i + thread, 1_000 + (i * 7_919L) % 50_000);
              }
            }))
            .toArray(CompletableFuture[]::new))
        .join();
    // Each may have looked just before the last was let in.
    assertThat(held(durations)).isLessThanOrEqualTo(2 * Durations.MOST + threads);
    durations.keep();
    assertThat(store.durations("dag")).hasSize(Durations.MOST);
  }

  @Test
  void taskThatWasLong_andIsShortNow_isForgotten_asItOnceWasNot() {
    store.keepDurations("dag", Map.of("task-1", Duration.ofMillis(3)));
    for (int run = 0; run < 2; run++) {
      Durations durations = Durations.of(store, "dag");
      observe(durations, 1, 0);
      durations.keep();
    }
    assertThat(store.durations("dag")).isEmpty();
  }

  @Test
  void taskThatWasKnown_isTheMeanOfBeforeAndNow_howeverManyOthersAreLonger() {
    store.keepDurations(
        "dag", Map.of("task-1", Duration.ofSeconds(9), "absent", Duration.ofSeconds(4)));
    Durations durations = Durations.of(store, "dag");
    observe(durations, 1, 1_000);
    for (int task = 2; task < 30_000; task++) {
      observe(durations, task, 1_000_000);
    }
    durations.keep();
    assertThat(store.durations("dag"))
        .containsEntry("task-1", Duration.ofNanos(4_500_500_000L))
        .containsEntry("absent", Duration.ofSeconds(4))
        .hasSize(Durations.MOST);
  }
}
