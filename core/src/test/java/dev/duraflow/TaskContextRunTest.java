package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.Store;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** What a body can ask about itself. */
final class TaskContextRunTest {
  private static String here() {
    TaskContext context = TaskContext.current();
    return context.idempotencyKey() + " " + context.isCancelled();
  }

  @Test
  void inABody_itNamesRunAndTask() throws Exception {
    for (Duraflow duraflow : List.of(
        Duraflow.withoutStore(),
        Duraflow.builder().store(AsyncStore.inMemory()).build(),
        Duraflow.builder().maxConcurrency(1).build())) {
      Dag dag = Dag.named("dag");
      Task<String> a = dag.task("a", () -> here());
      Task<String> b = dag.task("b", a, x -> here());
      Task<List<String>> list =
          dag.task("list", () -> List.of("x", "y")).returns(new TypeRef<List<String>>() {});
      Task<List<String>> map = dag.map("map", list, s -> s, s -> s + here());
      for (Run run : List.of(duraflow.run(dag, "id"), duraflow.start(dag, "id").await())) {
        assertThat(run.get(a)).isEqualTo("id/a false");
        assertThat(run.get(b)).isEqualTo("id/b false");
        assertThat(run.get(map)).containsExactly("xid/map[x] false", "yid/map[y] false");
      }
      assertThatThrownBy(TaskContext::current).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void outsideABody_itIsRefused() {
    assertThatThrownBy(TaskContext::current)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no task runs in thread '")
        .hasMessageContaining("start other threads by its executor()");
  }

  @Test
  void inAThreadOfTheBody_itIsRefused_andMayBeHandedOn() {
    Dag dag = Dag.named("threads");
    Task<String> task = dag.task("task", () -> {
      TaskContext context = TaskContext.current();
      CompletableFuture<String> handedOn =
          CompletableFuture.supplyAsync(context::taskId, command -> new Thread(command).start());
      CompletableFuture<String> refused = CompletableFuture.supplyAsync(
          () -> TaskContext.current().taskId(), command -> new Thread(command).start());
      assertThatThrownBy(refused::join)
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(IllegalStateException.class);
      return handedOn.join();
    });
    assertThat(Duraflow.withoutStore().run(dag).get(task)).isEqualTo("task");
  }

  @Test
  void aroundANestedRun_itIsTheOuterTasksAgain() {
    for (int maxConcurrency : new int[] {1, 8}) {
      Duraflow duraflow = Duraflow.builder()
          .store(Store.inMemory())
          .maxConcurrency(maxConcurrency)
          .build();
      Dag inner = Dag.named("inner");
      Task<String> one = inner.task("one", () -> here());
      Task<String> two = inner.task("two", one, s -> s + ", " + here());
      Dag outer = Dag.named("outer");
      Task<String> task =
          outer.task("task", () -> here() + ", " + duraflow.run(inner).get(two) + ", " + here());
      assertThat(duraflow.run(outer).get(task))
          .isEqualTo("outer/task false, inner/one false, inner/two false, outer/task false");
    }
  }
}
