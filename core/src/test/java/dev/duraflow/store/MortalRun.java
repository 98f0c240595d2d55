package dev.duraflow.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.event.RunEvent;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A process that runs random DAGs, made to be killed. It gets ready, and then takes commands from its input, one a line: {@code
 * DIRECTORY SEED DURABILITY}. Each call of a body, and each completion that the run reports, is a line in {@code log} beside
 * the store: {@code call TASK}, {@code done TASK}.
 */
final class MortalRun {
  private MortalRun() {}

  public static void main(String[] arguments) throws IOException {
    Path warmUp = Files.createTempDirectory("mortal-run");
    run(warmUp, 0, Durability.STRICT); // loads what there is to load
    System.out.println("ready");
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] command = line.split(" ", -1);
      long seed = Long.parseLong(command[1]);
      Durability durability = Durability.valueOf(command[2]);
      new Thread(() -> System.out.println(seed + " " + run(Path.of(command[0]), seed, durability)))
          .start();
    }
  }

  private static String run(Path directory, long seed, Durability durability) {
    try (FileOutputStream log = new FileOutputStream(directory.resolve("log").toFile(), true);
        Duraflow duraflow = Duraflow.builder()
            .store(Store.journal(directory.resolve("store")))
            .durability(durability)
            .maxConcurrency(1 + (int) (seed % 4))
            .listener(event -> {
              if (event instanceof RunEvent.TaskSucceeded done) {
                append(log, "done " + done.taskId());
              }
            })
            .build()) {
      duraflow.run(dag(new Random(seed), task -> append(log, "call " + task)), "run");
      return "finished";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RunLockedException e) {
      return "locked by " + e.holder().pid() + " on " + e.holder().host() + " since "
          + e.holder().since();
    }
  }

  private static void append(FileOutputStream log, String line) {
    try {
      log.write((line + "\n").getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  interface Called {
    void by(String task);
  }

  /** Chains, fans and maps, by chance; outputs depend on all that is before them. */
  static Dag dag(Random random, Called called) {
    Dag dag = Dag.named("random");
    List<Task<String>> tasks = new ArrayList<>();
    int size = 20 + random.nextInt(40);
    for (int i = 0; i < size; i++) {
      String id = "task-" + i;
      int millis = random.nextInt(3);
      int copies =
          random.nextInt(25) == 0 ? 30_000 : 1; // a few are large enough for a file of their own
      boolean external = random.nextInt(8) == 0;
      List<Task<String>> inputs = new ArrayList<>();
      for (int n = random.nextInt(4); n > 0 && !tasks.isEmpty(); n--) {
        Task<String> input =
            tasks.get(random.nextBoolean() ? tasks.size() - 1 : random.nextInt(tasks.size()));
        if (!inputs.contains(input)) {
          inputs.add(input);
        }
      }
      Task<String> task =
          dag.gather(id, inputs, values -> work(called, id, values, millis).repeat(copies));
      if (external) {
        task.external();
      }
      tasks.add(task);
      if (random.nextInt(10) == 0) {
        int elements = random.nextInt(12);
        Task<List<Integer>> source = dag.task(
                "keys-" + i, task, value -> numbers(called, "keys-" + i(id), elements))
            .returns(new dev.duraflow.dag.TypeRef<List<Integer>>() {});
        Task<List<String>> map = dag.map(
            "map-" + i,
            source,
            number -> "" + number,
            number -> work(called, "map-" + i(id) + "[" + number + "]", List.of(), millis));
        tasks.add(
            dag.task("sum-" + i, map, values -> work(called, "sum-" + i(id), values, millis)));
      }
    }
    return dag;
  }

  private static int i(String id) {
    return Integer.parseInt(id.substring("task-".length()));
  }

  private static List<Integer> numbers(Called called, String id, int count) {
    called.by(id);
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(i);
    }
    return numbers;
  }

  private static String work(Called called, String id, List<String> inputs, int millis) {
    called.by(id);
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    int hash = id.hashCode();
    for (String input : inputs) {
      hash = hash * 31 + input.hashCode();
    }
    return id + ":" + Integer.toHexString(hash)
        + "................................".substring(0, 20);
  }

  /** The outputs of all tasks by id. */
  static Map<String, Object> outputs(Dag dag, Run run) {
    Map<String, Object> outputs = new LinkedHashMap<>();
    for (Task<?> task : dag.tasks()) {
      outputs.put(task.id(), run.get(task));
    }
    return outputs;
  }
}
