package dev.duraflow.store;

import static dev.duraflow.store.Journals.record;
import static dev.duraflow.store.Journals.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.SimulatedDisk.Death;
import dev.duraflow.store.SimulatedDisk.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Everything that a disk can do to a journal except lying about what it has: each operation fails, half or whole; the process
 * dies in each; the power goes, and takes any selection of what was not synced. Whatever happens, what was acknowledged is there,
 * and what is there is what some first part of the saves had left.
 */
final class JournalFaultTest {
  private static final int SIDE_FILE_THRESHOLD = 2_000;
  private static final int TASKS = 6;

  @TempDir
  Path temp;

  private int roots;

  /** One run through its lives, and what it must remember. */
  private final class Life {
    final Path root;
    final SimulatedDisk disk;
    final Random random;
    final long seed;

    /** Every save that was tried, in order. */
    final List<String> savedIds = new ArrayList<>();

    /** How many of them, from the first on, must be there whatever happens now. */
    int kept;

    /** How many must be there if the power stays on. */
    int keptWithPower;

    Durability durability = Durability.STRICT;

    Life(long seed) throws IOException {
      this.root = Files.createDirectory(temp.resolve("root-" + roots++));
      this.disk = new SimulatedDisk(root, seed);
      this.random = new Random(seed);
      this.seed = seed;
    }

    OpenRun open(Durability with) {
      durability = with;
      return Journals.store(root, disk, SIDE_FILE_THRESHOLD).open("run", with);
    }

    private String payload(int save) {
      return "save " + save + "."
          + switch (save % 7) {
            case 3 -> "x".repeat(700);
            case 5 -> "large ".repeat(500);
            default -> "";
          };
    }

    private TaskRecord next() {
      int save = savedIds.size();
      String id = "task-" + random.nextInt(TASKS);
      savedIds.add(id);
      return record(
          id, 1 + save % 3, payload(save).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    void acknowledge(int saves) {
      keptWithPower = Math.max(keptWithPower, saves);
      if (durability != Durability.PROCESS) {
        kept = Math.max(kept, saves);
      }
    }

    /** Saves until something goes wrong; answers whether nothing did. */
    boolean save(OpenRun run, int times) {
      boolean failed = false;
      Map<Integer, CompletionStage<Void>> underWay = new HashMap<>();
      for (int i = 0; i < times; i++) {
        TaskRecord record = next();
        try {
          if (random.nextInt(3) == 0) {
            underWay.put(savedIds.size(), run.save(record));
          } else {
            Journals.save(run, record);
            assertThat(failed)
                .as("a record was taken after one that failed; seed %d", seed)
                .isFalse();
            acknowledge(savedIds.size());
          }
        } catch (StoreException | Death e) {
          failed |= !(e.getMessage() + "").contains("cannot be written beside")
              && !(e.getMessage() + "").contains("cannot write into");
          if (!failed) {
            savedIds.set(savedIds.size() - 1, ""); // it never came to the journal
          }
        }
      }
      for (Map.Entry<Integer, CompletionStage<Void>> save : underWay.entrySet()) {
        try {
          save.getValue().toCompletableFuture().join();
          acknowledge(save.getKey());
        } catch (CompletionException e) {
          assertThat(e.getCause()).isInstanceOf(StoreException.class);
          failed = true;
        }
      }
      return !failed;
    }

    void close(OpenRun run) {
      try {
        run.close();
      } catch (StoreException | Death e) {
        // what was acknowledged does not depend on it
      }
    }

    /** What is found must be what the first saves had left, no fewer than {@code atLeast}. */
    void check(OpenRun run, int atLeast) {
      Map<String, String> found = new HashMap<>();
      int last = 0;
      for (int task = 0; task < TASKS; task++) {
        String text = text(run, "task-" + task).orElse(null);
        if (text != null) {
          int save = Integer.parseInt(text.substring(5, text.indexOf('.')));
          assertThat(text).as("seed %d", seed).isEqualTo(payload(save));
          assertThat(run.find("task-" + task).orElseThrow().attempt()).isEqualTo(1 + save % 3);
          found.put("task-" + task, text);
          last = Math.max(last, save + 1);
        }
      }
      Map<String, String> expected = new HashMap<>();
      for (int save = 0; save < last; save++) {
        if (!savedIds.get(save).isEmpty()) {
          expected.put(savedIds.get(save), payload(save));
        }
      }
      assertThat(found).as("what was saved up to %d; seed %d", last, seed).isEqualTo(expected);
      assertThat(last).as("what was acknowledged; seed %d", seed).isGreaterThanOrEqualTo(atLeast);
      // What did not survive was never saved, as far as the run goes on; what did was told to
      // somebody now.
      while (savedIds.size() > last) {
        savedIds.remove(savedIds.size() - 1);
      }
      keptWithPower = 0;
      kept = Math.min(kept, last);
      acknowledge(last);
    }
  }

  /** Two processes, one after the other, if nothing goes wrong. */
  private static void fixedLife(Life life, Durability durability) {
    for (int i = 0; i < 2; i++) {
      OpenRun run = life.open(durability);
      try {
        life.check(run, life.keptWithPower);
        life.save(run, 8);
      } finally {
        life.close(run);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyOperation_failing_losesNothingAcknowledged(Durability durability) throws IOException {
    for (Fault fault : List.of(Fault.REFUSED, Fault.HALF_DONE)) {
      for (int n = 1; n <= 2 + operations(durability); n++) {
        Life life = new Life(n);
        life.disk.arm(n, fault);
        untilItEnds(() -> fixedLife(life, durability));
        life.disk.disarm();
        // The same system: what it has in memory is there to be read.
        try (OpenRun run = life.open(durability)) {
          life.check(run, life.keptWithPower);
          assertThat(life.save(run, 3)).as("operation %d, %s", n, fault).isTrue();
        }
        life.disk.losePower();
        try (OpenRun run = life.open(durability)) {
          life.check(run, life.kept);
          assertThat(life.save(run, 3)).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyOperation_theLastBeforePowerIsLost_losesNothingAcknowledged(Durability durability)
      throws IOException {
    int seeds = Journals.times(2, 150);
    for (int n = 1; n <= 2 + operations(durability); n++) {
      for (int seed = 0; seed < seeds; seed++) {
        Life life = new Life(seed * 1_000L + n);
        life.disk.arm(n, Fault.DEATH);
        untilItEnds(() -> fixedLife(life, durability));
        life.disk.losePower();
        try (OpenRun run = life.open(durability)) {
          life.check(run, life.kept);
          assertThat(life.save(run, 3)).isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyOperation_theLastOfItsProcess_losesNothingAcknowledged(Durability durability)
      throws IOException {
    for (int n = 1; n <= 2 + operations(durability); n++) {
      Life life = new Life(n);
      life.disk.arm(n, Fault.DEATH);
      untilItEnds(() -> fixedLife(life, durability));
      life.disk.liveAgain();
      try (OpenRun run = life.open(durability)) {
        life.check(run, life.keptWithPower);
        assertThat(life.save(run, 3)).isTrue();
      }
    }
  }

  /** The number of operations that a fixed life takes. */
  private int operations(Durability durability) throws IOException {
    Life life = new Life(0);
    fixedLife(life, durability);
    return life.disk.operations();
  }

  private static void untilItEnds(Runnable life) {
    try {
      life.run();
    } catch (StoreException e) {
      assertThat(e)
          .isNotInstanceOf(CorruptRecordException.class)
          .isNotInstanceOf(RunLockedException.class);
      assertThat(e.getMessage()).contains("run", "No space left on device");
    } catch (Death e) {
      // as it was to be
    }
  }

  /** Many lives of one run, each with another durability and another end. */
  @Test
  void randomLives_loseNothingAcknowledged() throws IOException {
    for (long seed = 0; seed < Journals.times(200, 500); seed++) {
      Life life = new Life(seed);
      Random random = life.random;
      int lives = 2 + random.nextInt(6);
      for (int i = 0; i < lives; i++) {
        Durability durability = Durability.values()[random.nextInt(3)];
        if (random.nextInt(4) > 0) {
          life.disk.arm(1 + random.nextInt(40), Fault.values()[random.nextInt(3)]);
        }
        OpenRun run = null;
        try {
          run = life.open(durability);
          life.check(run, life.keptWithPower);
          life.save(run, random.nextInt(12));
          if (random.nextInt(3) == 0) {
            life.disk.die();
          }
        } catch (StoreException e) {
          assertThat(e).as("seed %d", seed).isNotInstanceOf(CorruptRecordException.class);
        } catch (Death e) {
          // as it was to be
        }
        if (run != null) {
          life.close(run);
        }
        if (random.nextBoolean()) {
          life.disk.losePower();
          life.keptWithPower = life.kept;
        } else {
          life.disk.liveAgain();
        }
      }
      try (OpenRun run = life.open(Durability.STRICT)) {
        life.check(run, life.keptWithPower);
        assertThat(life.save(run, 3)).isTrue();
      }
      remove(life.root);
    }
  }

  private static void remove(Path root) {
    try (java.util.stream.Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
