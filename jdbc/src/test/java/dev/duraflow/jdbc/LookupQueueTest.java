package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.TaskRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who asks for a record gets what is stored by then, however many are asked for at once. */
@Timeout(60)
final class LookupQueueTest {
  private static final RecordRow.Head HEAD =
      new RecordRow.Head(1, TaskRecord.Kind.OUTPUT, "String", "json", 1, 0, 0, 0, 0, 0);

  private final Map<String, RecordRow.Head> stored = new ConcurrentHashMap<>();
  private final List<Set<String>> questions = new ArrayList<>();
  private final List<Thread> askers = new ArrayList<>();
  private final ExecutorService executor = Executors.newCachedThreadPool(task -> {
    Thread thread = new Thread(task);
    askers.add(thread);
    return thread;
  });

  @AfterEach
  void stop() {
    executor.shutdownNow();
  }

  /** Nobody calls this while another does. */
  private Heads.Answer answer(Set<String> taskIds) {
    questions.add(Set.copyOf(taskIds));
    Map<String, RecordRow.Head> found = new HashMap<>(stored);
    found.keySet().retainAll(taskIds);
    return new Heads.Answer(true, found, Map.of());
  }

  private boolean isPresent(LookupQueue queue, String taskId) {
    return queue.find(taskId, List.of()).isPresent();
  }

  private void awaitAllAskersWaiting() {
    while (!askers.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING)) {
      Thread.onSpinWait();
    }
  }

  @Test
  void all_whoAskWhileAQuestionIsUnderWay_areAnsweredTogether() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    LookupQueue queue = new LookupQueue("run", taskIds -> {
      Heads.Answer answer = answer(taskIds);
      if (taskIds.contains("first")) {
        awaitUninterruptibly(held);
      }
      return answer;
    });
    Future<Boolean> first = executor.submit(() -> isPresent(queue, "first"));
    awaitAllAskersWaiting();
    stored.put("first", HEAD);
    stored.put("b", HEAD);
    List<Future<Boolean>> later = new ArrayList<>();
    for (String taskId : List.of("a", "b", "c")) {
      later.add(executor.submit(() -> isPresent(queue, taskId)));
    }
    awaitAllAskersWaiting();
    held.countDown();

    assertThat(first.get()).isFalse(); // it was not stored when it was asked for
    assertThat(later).extracting(Future::get).containsExactly(false, true, false);
    assertThat(questions).containsExactly(Set.of("first"), Set.of("a", "b", "c"));
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void failure_ofAnyKind_isToldToAllWhoAsked_andTheNextQuestionIsAsked() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    CountDownLatch held = new CountDownLatch(1);
    LookupQueue queue = new LookupQueue("run", taskIds -> {
      switch (asked.incrementAndGet()) {
        case 1 -> awaitUninterruptibly(held);
        case 2 -> throw new OutOfMemoryError("no memory for an answer");
        default -> {}
      }
      return answer(taskIds);
    });
    Future<Boolean> unused = executor.submit(() -> isPresent(queue, "first"));
    awaitAllAskersWaiting();
    List<Future<Boolean>> later = new ArrayList<>();
    for (String taskId : List.of("a", "b")) {
      later.add(executor.submit(() -> isPresent(queue, taskId)));
    }
    awaitAllAskersWaiting();
    held.countDown();

    for (Future<Boolean> one : later) {
      assertThatThrownBy(one::get)
          .hasCauseInstanceOf(StoreException.class)
          .hasMessageContaining("run 'run'")
          .hasMessageContaining("no memory for an answer");
    }
    stored.put("a", HEAD);
    assertThat(isPresent(queue, "a")).isTrue();
  }

  @Test
  void damagedRecord_isToldOnlyToWhoAskedForIt() {
    LookupQueue queue = new LookupQueue(
        "run",
        taskIds -> new Heads.Answer(
            true,
            Map.of("sound", HEAD),
            Map.of("bad", new CorruptRecordException("bad is damaged", null))));

    assertThat(queue.find("sound", List.of("bad"))).isPresent();
    assertThatThrownBy(() -> queue.find("bad", List.of("sound")))
        .isInstanceOf(CorruptRecordException.class)
        .hasMessage("bad is damaged");
  }

  @Test
  void whatWasStoredBeforeItWasAskedFor_isFound() throws Exception {
    LookupQueue queue = new LookupQueue("run", this::answer);
    int threads = 8;
    int each = 5_000;
    List<Future<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      String name = "thread " + i + " task ";
      all.add(executor.submit(() -> {
        boolean found = true;
        for (int n = 0; n < each; n++) {
          boolean before = isPresent(queue, name + n);
          stored.put(name + n, HEAD);
          found &= !before && isPresent(queue, name + n);
          stored.remove(name + n);
        }
        return found;
      }));
    }
    assertThat(all).extracting(Future::get).containsOnly(true);
    assertThat(questions.stream().mapToInt(Set::size).sum()).isEqualTo(2 * threads * each);
  }
}
