package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

final class TaskIndexTest {
  private final Dag dag = Dag.named("dag");
  private final List<Task<?>> tasks = new ArrayList<>();
  private final TaskIndex index = new TaskIndex(tasks);

  @Test
  void find_inAnEmptyIndex_isNothing() {
    assertThat(index.find("a")).isNull();
  }

  @Test
  void putIfAbsent_ofAnIdThatIsThere_answersItsTask_andLeavesIt() {
    Task<?> first = put("a");

    assertThat(index.putIfAbsent(task("a"))).isSameAs(first);
    assertThat(index.find("a")).isSameAs(first);
  }

  /** Numbered ids share cache lines, those of one hash a slot; the others are spread at random. */
  @Test
  void find_amongManyIds_isAsInAMap() {
    Random random = new Random(7);
    compareWithMap(i -> "task-" + i);
    compareWithMap(i -> ofOneHash(i));
    compareWithMap(i -> Integer.toString(random.nextInt(50_000), 36));
  }

  private void compareWithMap(IntFunction<String> ids) {
    Map<String, Task<?>> model = new HashMap<>();
    TaskIndex index = new TaskIndex(tasks);
    tasks.clear();
    for (int i = 0; i < 4_096; i++) {
      Task<?> task = task(ids.apply(i));
      Task<?> earlier = index.putIfAbsent(task);

      assertThat(earlier).isSameAs(model.putIfAbsent(task.id(), task));
      if (earlier == null) {
        tasks.add(task);
      }
    }
    for (int i = 0; i < 8_192; i++) {
      String id = ids.apply(i);
      assertThat(index.find(id)).as(id).isSameAs(model.get(id));
    }
  }

  /** Texts of thirteen pairs of letters; both pairs have the hash 2112. */
  private static String ofOneHash(int number) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 13; bit++) {
      text.append((number >>> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }

  private Task<?> put(String id) {
    Task<?> task = task(id);
    assertThat(index.putIfAbsent(task)).isNull();
    tasks.add(task);
    return task;
  }

  private Task<?> task(String id) {
    return new Computed.Of0<>(dag, id, tasks.size(), () -> 1);
  }
}
