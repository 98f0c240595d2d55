package dev.duraflow.store;

import static dev.duraflow.store.Samples.record;
import static dev.duraflow.store.Samples.store;
import static dev.duraflow.store.Samples.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cuts saves off at every step and looks at what is left. */
final class FileStoreCrashTest {
  private static final int MORE_STEPS_THAN_ANY_SAVE_HAS = 40;

  @TempDir
  Path temp;

  private int places;

  /** What there is before the save. */
  private enum Before {
    NOTHING,
    RECORD,
    RECORD_OF_THE_SAME_BYTES,
    FILE_OF_ANOTHER_PROGRAM;

    void putInto(Path place) throws IOException {
      switch (this) {
        case NOTHING -> Files.createDirectories(place.resolve("run"));
        case RECORD -> save(place, new UnsyncedDisk(), record("a", "1", 1));
        case RECORD_OF_THE_SAME_BYTES -> save(place, new UnsyncedDisk(), record("a", "22", 1));
        case FILE_OF_ANOTHER_PROGRAM -> {
          Files.createDirectories(place.resolve("run"));
          Files.writeString(place.resolve("run/a"), "1");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void save_lossOfPowerAtAnyStep_leavesOldOrNew(Before before) throws IOException {
    for (int lastStep = 1; lastStep < MORE_STEPS_THAN_ANY_SAVE_HAS; lastStep++) {
      Path place = newPlace();
      before.putInto(place);
      String old = state(place);
      MortalDisk disk = new MortalDisk(place, lastStep);
      boolean saved = saveUntilDeath(place, disk, record("a", "22", 2));
      for (int selection = 0; selection < disk.selections(); selection++) {
        Path left = newPlace();
        disk.survive(selection, left);
        String found = state(left);
        assertThat(found)
            .as("step %d, selection %s", lastStep, Integer.toBinaryString(selection))
            .isIn(saved ? List.of("22 #2") : List.of(old, "22 #2"));
        assertThat(leftovers(left)).isEmpty();
      }
      if (saved) {
        return;
      }
    }
    fail("no save came to its end");
  }

  @Test
  void save_manyLossesOfPowerInOneDirectory_neverLosesWhatWasSaved() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("FileStoreCrashTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 30; round++) {
      Path place = newPlace();
      Before.values()[random.nextInt(4)].putInto(place);
      String known = state(place);
      for (int life = 1; life <= 8; life++) {
        MortalDisk disk = new MortalDisk(place, 1 + random.nextInt(30));
        TreeSet<String> possible = new TreeSet<>(List.of(known));
        int attempt = life * 10;
        while (true) {
          String bytes = random.nextBoolean() ? "1" : "22";
          possible.add(bytes + " #" + attempt);
          if (!saveUntilDeath(place, disk, record("a", bytes, attempt))) {
            break;
          }
          possible.clear();
          possible.add(bytes + " #" + attempt);
          attempt++;
        }
        place = newPlace();
        disk.survive(random.nextInt(disk.selections()), place);
        known = state(place);
        assertThat(possible).as("seed %d, round %d, life %d", seed, round, life).contains(known);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void save_anyChangeFailsOnce_leavesOldOrNewAndCanBeRepeated(Before before) throws IOException {
    for (int failing = 1; failing < MORE_STEPS_THAN_ANY_SAVE_HAS; failing++) {
      int n = failing;
      if (failsNowhere(before, change -> change == n)) {
        return;
      }
    }
    fail("no save came to its end");
  }

  @ParameterizedTest
  @EnumSource
  void save_allChangesFailFromOneOn_leavesOldOrNew(Before before) throws IOException {
    for (int failing = 1; failing < MORE_STEPS_THAN_ANY_SAVE_HAS; failing++) {
      int n = failing;
      if (failsNowhere(before, change -> change >= n)) {
        return;
      }
    }
    fail("no save came to its end");
  }

  private boolean failsNowhere(Before before, IntPredicate fails) throws IOException {
    Path place = newPlace();
    before.putInto(place);
    String old = state(place);
    FailingDisk opening = new FailingDisk(change -> false);
    store(place, opening).open("run").close();
    int changesOfOpening = opening.changes();
    try (OpenRun run = store(
            place, new FailingDisk(change -> fails.test(change - changesOfOpening)))
        .open("run")) {
      try {
        run.save(record("a", "22", 2));
        assertThat(state(run)).isEqualTo("22 #2");
        return true;
      } catch (StoreException e) {
        assertThat(e)
            .hasMessageContaining(place.resolve("run").resolve("a") + ": No space left on device");
      }
      assertThat(state(run)).isIn(old, "22 #2");
      if (!fails.test(MORE_STEPS_THAN_ANY_SAVE_HAS)) {
        run.save(record("a", "333", 3));
        assertThat(state(run)).isEqualTo("333 #3");
        return false;
      }
    }
    assertThat(state(place)).isIn(old, "22 #2");
    assertThat(leftovers(place)).isEmpty();
    return false;
  }

  @Test
  void save_changesFailAtRandom_eachRecordIsOldOrNew() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("FileStoreCrashTest seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 30; round++) {
      Path place = newPlace();
      Before.values()[random.nextInt(4)].putInto(place);
      AtomicBoolean healthy = new AtomicBoolean(true);
      String known;
      try (OpenRun run = store(
              place, new FailingDisk(change -> !healthy.get() && random.nextInt(4) == 0))
          .open("run")) {
        healthy.set(false);
        known = state(run);
        for (int attempt = 100; attempt < 120; attempt++) {
          String saved = attempt + " #" + attempt;
          Set<String> possible = Set.of(saved);
          try {
            run.save(record("a", "" + attempt, attempt));
          } catch (StoreException e) {
            possible = new TreeSet<>(List.of(known, saved));
          }
          known = state(run);
          assertThat(possible).as("seed %d, round %d", seed, round).contains(known);
        }
      }
      assertThat(state(place)).as("seed %d, round %d", seed, round).isEqualTo(known);
    }
  }

  @Test
  void open_anyChangeFails_saysSoAndGivesTheRunUp() throws IOException {
    Path place = newPlace();
    assertThatThrownBy(
            () -> store(place, new FailingDisk(change -> change == 1)).open("run"))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("'run'")
        .hasMessageContaining("No space left on device");
    store(place, new UnsyncedDisk()).open("run").close();
  }

  private static void save(Path place, Disk disk, TaskRecord record) {
    try (OpenRun run = store(place, disk).open("run")) {
      run.save(record);
    }
  }

  private static boolean saveUntilDeath(Path place, Disk disk, TaskRecord record) {
    try {
      save(place, disk, record);
      return true;
    } catch (MortalDisk.PowerLoss e) {
      return false;
    }
  }

  private static String state(Path place) throws IOException {
    try (OpenRun run = store(place, new UnsyncedDisk()).open("run")) {
      return state(run);
    }
  }

  private static String state(OpenRun run) throws IOException {
    Optional<TaskRecord> found = run.find("a");
    return found.isEmpty() ? "nothing" : text(found.get()) + " #" + found.get().attempt();
  }

  private static List<String> leftovers(Path place) throws IOException {
    Path sidecars = place.resolve("run").resolve(".records");
    try (Stream<Path> files = Files.list(sidecars)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(
              name -> !name.equals("a") || Files.notExists(place.resolve("run").resolve("a")))
          .toList();
    }
  }

  private Path newPlace() throws IOException {
    return Files.createDirectory(temp.resolve("place-" + places++));
  }
}
