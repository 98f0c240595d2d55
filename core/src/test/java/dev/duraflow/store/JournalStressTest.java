package dev.duraflow.store;

import static dev.duraflow.store.Journals.record;
import static dev.duraflow.store.Journals.save;
import static dev.duraflow.store.Journals.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.error.StoreException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many threads on one run, each with tasks of its own and a model of what must be found. */
@Timeout(120)
final class JournalStressTest {
  private static final int THREADS = 6;
  private static final int TASKS = 5;

  @TempDir
  Path root;

  /** What each task must be found as, at least: the number of its last acknowledged save. */
  private final ConcurrentMap<String, Integer> acknowledged = new ConcurrentHashMap<>();

  /** The number of its last save that was tried. */
  private final ConcurrentMap<String, Integer> tried = new ConcurrentHashMap<>();

  private OpenRun open(Durability durability) {
    return Journals.store(root, new Disk(), 300).open("run", durability);
  }

  private void work(OpenRun run, int thread, Random random, int times) {
    List<CompletableFuture<Void>> underWay = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      String id = thread + "/" + random.nextInt(TASKS);
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          int number = tried.merge(id, 1, Integer::sum);
          underWay.add(run.save(numbered(id, number))
              .thenRun(() -> {
                acknowledged.merge(id, number, Math::max);
                if (number % 5 == 0) {
                  check(run, id);
                }
              })
              .toCompletableFuture());
        }
        case 3, 4 -> {
          int number = tried.merge(id, 1, Integer::sum);
          save(run, numbered(id, number));
          acknowledged.merge(id, number, Math::max);
        }
        case 5 -> {
          run.flush().toCompletableFuture().join();
          underWay.forEach(saved -> assertThat(saved).succeedsWithin(10, TimeUnit.SECONDS));
          underWay.clear();
        }
        default -> check(run, id);
      }
    }
    underWay.forEach(CompletableFuture::join);
  }

  private static TaskRecord numbered(String id, int number) {
    return record(
        id,
        number,
        (id + "#" + number + "#" + "x".repeat(number % 11 == 0 ? 400 : number % 30))
            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  private void check(OpenRun run, String id) {
    int least = acknowledged.getOrDefault(id, 0);
    TaskRecord found = run.find(id).orElse(null);
    int most = tried.getOrDefault(id, 0);
    if (found == null) {
      assertThat(least).isZero();
      return;
    }
    assertThat(found.attempt()).isBetween(least, most);
    assertThat(text(found)).startsWith(id + "#" + found.attempt() + "#");
  }

  private void checkAll(OpenRun run) {
    for (int thread = 0; thread < THREADS; thread++) {
      for (int task = 0; task < TASKS; task++) {
        check(run, thread + "/" + task);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void savesOfAllKinds_atOnce_areFoundAsTheModelSays(Durability durability) {
    for (int round = 0; round < 3; round++) {
      Random seeds = new Random(round);
      try (OpenRun run = open(durability)) {
        checkAll(run);
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
          int thread = t;
          Random random = new Random(seeds.nextLong());
          threads.add(inAThread(() -> work(run, thread, random, Journals.times(200, 50))));
        }
        threads.forEach(CompletableFuture::join);
        checkAll(run);
      }
    }
    try (OpenRun run = open(durability)) {
      checkAll(run);
      tried.forEach(
          (id, number) -> assertThat(run.find(id).orElseThrow().attempt()).isEqualTo(number));
    }
  }

  private static CompletableFuture<Void> inAThread(Runnable work) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    new Thread(() -> {
          try {
            work.run();
            done.complete(null);
          } catch (Throwable e) {
            done.completeExceptionally(e);
          }
        })
        .start();
    return done;
  }

  /** Whatever was taken before the end is durable, and whatever came later is refused: nothing waits for ever. */
  @Test
  void close_whileManySave_endsEverySave() throws Exception {
    for (int round = 0; round < Journals.times(60, 50); round++) {
      Random random = new Random(round);
      OpenRun run = open(random.nextBoolean() ? Durability.STRICT : Durability.PROCESS);
      CountDownLatch begun = new CountDownLatch(THREADS);
      AtomicInteger refused = new AtomicInteger();
      List<CompletableFuture<Void>> threads = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int thread = t;
        Random own = new Random(random.nextLong());
        threads.add(inAThread(() -> {
          begun.countDown();
          try {
            while (true) {
              work(run, thread, own, 1);
            }
          } catch (StoreException | CompletionException e) {
            assertThat(e).hasMessageContaining("closed");
            refused.incrementAndGet();
          }
        }));
      }
      begun.await();
      Thread.sleep(random.nextInt(5));
      run.close();
      for (CompletableFuture<Void> thread : threads) {
        thread.get(30, TimeUnit.SECONDS);
      }
      assertThat(refused).hasValue(THREADS);
      checkAll(run);
      try (OpenRun again = open(Durability.STRICT)) {
        checkAll(again);
      }
    }
  }
}
