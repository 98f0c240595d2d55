package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class TaskStepTest {
  private final AtomicInteger calls = new AtomicInteger();

  private String page(int number) {
    calls.incrementAndGet();
    return "page " + number;
  }

  private List<String> crawl(int pages, int failAfter) throws Exception {
    List<String> all = new ArrayList<>();
    for (int p = 0; p < pages; p++) {
      int number = p;
      all.add(TaskContext.current().step("page-" + p, () -> page(number)));
      if (p == failAfter) {
        throw new IllegalStateException("cut off");
      }
    }
    return all;
  }

  @Test
  void steps_areDoneOnceInARun_howeverOftenTheBodyIsCalled() {
    AtomicInteger attempts = new AtomicInteger();
    Dag dag = Dag.named("dag");
    Task<Integer> crawl =
        dag.task("crawl", () -> crawl(5, attempts.getAndIncrement()).size()).retry(Retry.times(9));
    for (Duraflow duraflow : List.of(
        Duraflow.withoutStore(), Duraflow.builder().store(Store.inMemory()).build())) {
      calls.set(0);
      attempts.set(0);
      assertThat(duraflow.run(dag).get(crawl)).isEqualTo(5);
      assertThat(attempts).hasValue(6);
      assertThat(calls).hasValue(5);
    }
  }

  @Test
  void steps_ofAnEarlierProcess_areThere() {
    Store store = Store.inMemory();
    AtomicInteger failAfter = new AtomicInteger(2);
    Dag dag = Dag.named("dag");
    Task<List<String>> crawl =
        dag.task("crawl", () -> crawl(4, failAfter.get())).returns(new TypeRef<>() {});
    Duraflow duraflow = Duraflow.builder().store(store).build();
    assertThatThrownBy(() -> duraflow.run(dag)).hasMessageContaining("cut off");
    failAfter.set(-1);
    Run run = Duraflow.builder().store(store).build().run(dag);
    assertThat(run.get(crawl)).hasSize(4);
    assertThat(calls).hasValue(4);
    assertThat(run.find("crawl/page-3", String.class)).contains("page 3");
  }

  @Test
  void step_ofAMapsElement_isItsOwn() {
    Dag dag = Dag.named("dag");
    Task<List<Integer>> numbers =
        dag.task("numbers", () -> List.of(1, 2)).returns(new TypeRef<>() {});
    Task<List<String>> pages = dag.map(
        "crawl", numbers, String::valueOf, n -> TaskContext.current().step("page", () -> page(n)));
    Run run = Duraflow.builder().store(Store.inMemory()).build().run(dag);
    assertThat(run.get(pages)).containsExactly("page 1", "page 2");
    assertThat(run.find("crawl[2]/page", String.class)).contains("page 2");
  }

  @Test
  void threadsOfTheContext_thatRaceForAStep_getOneValue() {
    Dag dag = Dag.named("dag");
    Task<Boolean> race = dag.task("race", () -> {
      TaskContext context = TaskContext.current();
      List<CompletableFuture<String>> racers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        racers.add(CompletableFuture.supplyAsync(
            () -> {
              try {
                return TaskContext.current()
                    .step("only", () -> "by call " + calls.incrementAndGet());
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            },
            context.executor()));
      }
      return racers.stream().allMatch(racer -> racer.join().equals("by call 1"));
    });
    assertThat(Duraflow.builder().store(Store.inMemory()).build().run(dag).get(race))
        .isTrue();
  }

  @Test
  void context_elsewhereOrTooLate_saysWhy() throws Exception {
    AtomicReference<TaskContext> leaked = new AtomicReference<>();
    AtomicBoolean refused = new AtomicBoolean();
    Dag dag = Dag.named("dag");
    dag.task("task", () -> {
      leaked.set(TaskContext.current());
      Thread other = new Thread(() -> {
        try {
          TaskContext.current();
        } catch (IllegalStateException e) {
          refused.set(e.getMessage().contains("start other threads by its executor()"));
        }
      });
      other.start();
      other.join();
      return 1;
    });
    Duraflow.withoutStore().run(dag);
    assertThat(refused).isTrue();
    assertThatThrownBy(() -> leaked.get().step("late", () -> 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this attempt at task 'task' of run 'dag' is over and cannot do step "
            + "'task/late'; let the body wait for the threads that it starts");
    assertThatThrownBy(() -> leaked.get().progress(0.5, "late"))
        .hasMessageContaining("cannot tell its progress");
    assertThat(leaked.get().isCancelled()).isTrue();
  }

  @Test
  void step_withTheIdOfATask_isRefused() {
    Dag dag = Dag.named("dag");
    dag.task("crawl/page", () -> 1);
    dag.task("crawl", () -> TaskContext.current().step("page", () -> 2));
    assertThatThrownBy(() -> Duraflow.withoutStore().run(dag))
        .cause()
        .isInstanceOf(InvalidDagException.class)
        .hasMessageContaining("has a task 'crawl/page', and a step cannot have the same id");
  }

  @Test
  void progress_isToldToListeners() {
    List<RunEvent.TaskProgressed> told = new CopyOnWriteArrayList<>();
    Dag dag = Dag.named("dag");
    dag.task("task", () -> {
      TaskContext.current().progress(0.25, "a quarter");
      assertThatThrownBy(() -> TaskContext.current().progress(1.1, "more"))
          .hasMessage("the progress of task 'task' must be between 0 and 1: 1.1");
      return 1;
    });
    Duraflow.builder()
        .listener(event -> {
          if (event instanceof RunEvent.TaskProgressed progress) {
            told.add(progress);
          }
        })
        .build()
        .run(dag);
    assertThat(told).singleElement().satisfies(event -> {
      assertThat(event.taskId()).isEqualTo("task");
      assertThat(event.fraction()).isEqualTo(0.25);
      assertThat(event.message()).isEqualTo("a quarter");
    });
  }
}
