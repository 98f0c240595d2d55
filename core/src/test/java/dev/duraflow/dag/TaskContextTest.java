package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TaskContextTest {
  private record Place(String runId, String taskId) {}

  private static TaskContext at(String runId, String taskId) {
    Place place = new Place(runId, taskId);
    return new TaskContext() {
      @Override
      public String runId() {
        return place.runId;
      }

      @Override
      public String taskId() {
        return place.taskId;
      }

      @Override
      public int attempt() {
        return 1;
      }

      @Override
      public <T extends @Nullable Object> T step(String id, Body0<T> body) throws Exception {
        return body.call();
      }

      @Override
      public <T extends @Nullable Object> T step(String id, TypeRef<T> type, Body0<T> body)
          throws Exception {
        return body.call();
      }

      @Override
      public void progress(double fraction, String message) {}

      @Override
      public Executor executor() {
        return Runnable::run;
      }

      @Override
      public boolean isCancelled() {
        return false;
      }
    };
  }

  @Test
  void current_outsideABody_saysWhereToCallIt() {
    assertThatIllegalStateException()
        .isThrownBy(TaskContext::current)
        .withMessageContaining("'" + Thread.currentThread().getName() + "'")
        .withMessageContaining(
            "call TaskContext.current() in the body, and start other threads by its executor()");
  }

  @Test
  void bind_isForThisThreadUntilItIsUndone() {
    TaskContext outer = at("r", "outer");
    TaskContext inner = at("r", "inner");

    assertThat(TaskContext.bind(() -> outer)).isNull();
    Supplier<TaskContext> before = TaskContext.bind(() -> inner);
    assertThat(TaskContext.current()).isSameAs(inner);
    TaskContext.bind(before);
    assertThat(TaskContext.current()).isSameAs(outer);
    TaskContext.bind(null);
    assertThatIllegalStateException().isThrownBy(TaskContext::current);
  }

  @Test
  void idempotencyKey_namesRunAndTask() {
    assertThat(at("2001-q1", "train/epoch-3").idempotencyKey()).isEqualTo("2001-q1/train/epoch-3");
  }

  @Test
  void idempotencyKey_wasSharedByTasksOfRunsWithSlashesInTheirIds() {
    assertThat(at("a/b", "c").idempotencyKey()).isNotEqualTo(at("a", "b/c").idempotencyKey());
    assertThat(at("a%2Fb", "c").idempotencyKey()).isNotEqualTo(at("a/b", "c").idempotencyKey());
  }
}
