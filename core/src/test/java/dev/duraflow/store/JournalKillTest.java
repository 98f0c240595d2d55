package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that run random DAGs and are killed with {@code kill -9} at random moments, until each has come to its end. */
final class JournalKillTest {
  /** Processes that get ready while another is running. */
  private static final int AHEAD = 2;

  private static final int RUNS_AT_ONCE = Boolean.getBoolean("duraflow.nightly") ? 1 : 4;

  @TempDir
  Path temp;

  private final Deque<Child> ready = new ArrayDeque<>();
  private final List<Child> all = new ArrayList<>();

  private record Child(Process process, BufferedReader output, BufferedWriter input) {
    static Child begin(Path temp) throws IOException {
      Process process = new ProcessBuilder(List.of(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Djava.io.tmpdir=" + temp,
              "-XX:TieredStopAtLevel=1",
              "-XX:+UseSerialGC",
              "-Xshare:auto",
              "-Xmx128m",
              "-cp",
              System.getProperty("java.class.path"),
              MortalRun.class.getName()))
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start();
      return new Child(process, process.inputReader(UTF_8), process.outputWriter(UTF_8));
    }

    void start(Path directory, long seed, Durability durability) throws IOException {
      input.write(directory + " " + seed + " " + durability + "\n");
      input.flush();
    }

    void kill() throws InterruptedException {
      process
          .toHandle()
          .destroyForcibly(); // the process itself would close its output before it is read
      process
          .waitFor(); // and not for its onExit(), which goes by a number that another may have by
      // now
    }
  }

  private Child next() throws IOException {
    while (ready.size() <= AHEAD) {
      Child child = Child.begin(temp);
      all.add(child);
      ready.add(child);
    }
    Child child = ready.remove();
    assertThat(child.output.readLine()).isEqualTo("ready");
    return child;
  }

  @AfterEach
  void killAll() throws InterruptedException {
    for (Child child : all) {
      child.kill();
    }
  }

  /** A run of a random DAG, which several processes carry on, one after the other. */
  private record Job(Path directory, long seed, Durability durability) {
    Path log() {
      return directory.resolve("log");
    }
  }

  /** A kill counts once for each run that it broke off; several runs share a process, unless there is time for one each. */
  @Test
  @Timeout(3_600)
  void killedAgainAndAgain_everyRunEndsAndNothingAcknowledgedRanTwice() throws Exception {
    Random random = new Random(1);
    int kills = 0;
    long seeds = 0;
    Map<Long, Job> jobs = new HashMap<>();
    while (kills < Journals.times(100, 10) || !jobs.isEmpty()) {
      while (jobs.size() < RUNS_AT_ONCE && kills < Journals.times(100, 10)) {
        long seed = ++seeds;
        Durability durability =
            seed % 2 == 0 ? Durability.STRICT : Durability.values()[random.nextInt(3)];
        jobs.put(
            seed, new Job(Files.createDirectory(temp.resolve("seed-" + seed)), seed, durability));
      }
      Child child = next();
      for (Job job : jobs.values()) {
        child.start(job.directory, job.seed, job.durability);
      }
      // By how far one has come, since how fast it is depends on what else the machine does.
      Job watched = jobs.values().iterator().next();
      long enough = size(watched.log()) + Math.max(0, random.nextInt(1_200) - 200);
      while (size(watched.log()) < enough
          && !child.output.ready()
          && child.process.isAlive()
          && !Thread.currentThread().isInterrupted()) {
        Thread.onSpinWait();
      }
      Thread.sleep(random.nextInt(4));
      assertThat(child.process.isAlive()).isTrue();
      child.kill();
      kills += jobs.size();
      for (Job job : jobs.values()) {
        check(job);
      }
      for (String line = child.output.readLine(); line != null; line = child.output.readLine()) {
        assertThat(line).matches("[0-9]+ finished");
        checkOutputs(jobs.remove(Long.parseLong(line.substring(0, line.indexOf(' ')))));
        kills--;
      }
    }
    assertThat(seeds).isGreaterThan(5);
  }

  private static long size(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }

  private static void check(Job job) throws IOException {
    long seed = job.seed;
    Path log = job.log();
    Dag dag = MortalRun.dag(new Random(seed), task -> {});
    Set<String> finished = new HashSet<>();
    Map<String, Integer> calls = new HashMap<>();
    for (String line : Files.exists(log) ? Files.readAllLines(log) : List.<String>of()) {
      String id = line.substring(5);
      if (line.startsWith("call ")) {
        calls.merge(id, 1, Integer::sum);
        assertThat(finished)
            .as("tasks that were done and were called again; seed %d", seed)
            .doesNotContain(id);
        Task<?> task = dag.find(id).orElse(null);
        if (task != null && task.isExternal()) {
          task.dependencies()
              .forEach(input -> finished.add(input.id())); // it told the world of them
        }
      } else if (job.durability != Durability.PIPELINED) {
        finished.add(id);
      }
    }
  }

  private static void checkOutputs(Job job) {
    long seed = job.seed;
    Dag dag = MortalRun.dag(new Random(seed), task -> {});
    Run expected = Duraflow.withoutStore().run(dag);
    List<String> called = new ArrayList<>();
    Dag again = MortalRun.dag(new Random(seed), called::add);
    try (Duraflow duraflow =
        Duraflow.builder().store(Store.journal(job.directory.resolve("store"))).build()) {
      Run run = duraflow.run(again, "run");
      assertThat(called).as("seed %d", seed).isEmpty();
      assertThat(MortalRun.outputs(again, run)).isEqualTo(MortalRun.outputs(dag, expected));
    }
  }

  @Test
  @Timeout(3_600)
  void twoProcesses_onOneRun_oneIsToldOfTheOtherAndGetsItWhenThatIsDead() throws Exception {
    Instant before = Instant.now();
    for (int round = 0; round < Journals.times(1, 30); round++) {
      Path directory = Files.createDirectory(temp.resolve("round-" + round));
      long seed = longLasting();
      Child one = next();
      Child other = next();
      Job job = new Job(directory, seed, Durability.STRICT);
      one.start(directory, seed, Durability.STRICT);
      other.start(directory, seed, Durability.STRICT);
      while (!one.output.ready() && !other.output.ready()) {
        Thread.sleep(1);
      }
      boolean oneIsLocked = one.output.ready();
      Child holder = oneIsLocked ? other : one;
      Child second = oneIsLocked ? one : other;
      String said = second.output.readLine();
      assertThat(said)
          .startsWith(seed + " locked by " + holder.process.pid() + " on ")
          .contains(" since ");
      assertThat(Instant.parse(said.substring(said.lastIndexOf(' ') + 1)))
          .isBetween(before, Instant.now());
      holder.kill();
      second.start(directory, seed, Durability.STRICT);
      assertThat(second.output.readLine()).isEqualTo(seed + " finished");
      check(job);
      checkOutputs(job);
      second.kill();
    }
  }

  /** A seed whose run takes a while, in one thread. */
  private static long longLasting() {
    long seed = 4;
    while (MortalRun.dag(new Random(seed), task -> {}).size() < 58) {
      seed += 4;
    }
    return seed;
  }
}
