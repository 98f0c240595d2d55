package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GraphFrameTest {
  private static final int MANY = 1_000_000;

  @ParameterizedTest
  @ValueSource(strings = {"t", "stage/transform/task-"})
  void encode_ofAMillionIndependentTasks_takesFourBytesATask(String prefix) {
    Dag dag = Dag.named("wide");
    for (int i = 0; i < MANY; i++) {
      dag.task(prefix + i, () -> 1);
    }
    TaskGraph graph = TaskGraph.of(dag);

    byte[] body = GraphFrame.encode(graph);

    assertThat((double) body.length / MANY).isLessThanOrEqualTo(4.0);
    assertThat(decode(body)).isEqualTo(graph);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void decode_ofWhatWasEncoded_isTheSame(long seed) {
    Dag dag = randomDag(new Random(seed));

    TaskGraph decoded = decode(GraphFrame.encode(TaskGraph.of(dag)));

    assertThat(decoded).isEqualTo(TaskGraph.of(dag));
    assertThat(decoded.dagName()).isEqualTo(dag.name());
    for (Task<?> task : dag.tasks()) {
      assertThat(decoded.id(task.ordinal())).isEqualTo(task.id());
      assertThat(decoded.isMap(task.ordinal())).isEqualTo(task.id().startsWith("map"));
      assertThat(decoded.dependencies(task.ordinal()).toArray())
          .isEqualTo(task.dependencies().stream().mapToInt(Task::ordinal).toArray());
    }
  }

  private static Dag randomDag(Random random) {
    Dag dag = Dag.named("random \u00e9\ud83d\ude00");
    List<Task<Integer>> tasks = new ArrayList<>();
    int size = random.nextInt(300);
    for (int i = 0; i < size; i++) {
      List<Task<Integer>> dependencies = new ArrayList<>();
      for (int d = i == 0 ? 0 : random.nextInt(40) - 30; d > 0; d--) {
        dependencies.add(tasks.get(random.nextInt(i)));
      }
      String id =
          "x".repeat(random.nextInt(40)) + (random.nextBoolean() ? "\u00e9" : "\ud83d\ude00") + i;
      tasks.add(dag.gather(id, dependencies, List::size));
    }
    Task<List<String>> list = dag.task("list", () -> List.of("a"));
    dag.map("map", list, key -> key, String::length);
    return dag;
  }

  @Test
  void decode_ofCutOrAlteredBytes_takesNoMoreThanTheyAreWorth() {
    byte[] body = GraphFrame.encode(TaskGraph.of(randomDag(new Random(7))));
    Random random = new Random(8);
    for (int i = 0; i < 20_000; i++) {
      byte[] altered = Arrays.copyOf(body, 1 + random.nextInt(body.length));
      altered[random.nextInt(altered.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        decode(altered);
      } catch (RuntimeException e) {
        // as it should be
      }
    }
  }

  private static TaskGraph decode(byte[] body) {
    return GraphFrame.decode(new Bytes(body, 1), body.length);
  }
}
