package dev.duraflow.ignite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.remote.Invocation;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonTest {
  private static final AtomicInteger MADE = new AtomicInteger();

  /** Tells when it is made. */
  static final class Gadget {
    Gadget() {
      MADE.incrementAndGet();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"GADGET\", {}]",
        "{\"@class\": \"GADGET\"}",
        "{\"verb\": [\"GADGET\", {}], \"invocation\": null}",
        "{\"verb\": \"PERFORM\", \"invocation\": [\"GADGET\", {}]}",
        "{\"verb\": \"PERFORM\", \"invocation\": {\"@type\": \"GADGET\"}}",
        "{\"verb\": \"COUNT_THREADS\", \"invocation\": null, \"@class\": \"GADGET\"}",
        "null",
        ""
      })
  void textThatNamesAClass_isRefused(String text) {
    String hostile = text.replace("GADGET", Gadget.class.getName());
    assertThatThrownBy(() -> Request.of(hostile)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Answer.of(hostile)).isInstanceOf(IllegalArgumentException.class);
    assertThat(MADE).hasValue(0);
  }

  @Test
  void failureThatNamesAClass_isTextOnly() {
    Answer answer = new Answer(
        Answer.Kind.FAILED,
        0,
        "hello",
        new Answer.Body(RemoteTaskException.Advice.RETRY, Gadget.class.getName(), ""));
    Invocation invocation = new Invocation("run", 1, "dag", "null", "0", "task", 1);

    assertThat(Answer.of(answer.text()).failure(invocation))
        .isInstanceOfSatisfying(
            RemoteTaskException.class,
            e -> assertThat(e.failureType()).isEqualTo(Gadget.class.getName()));
    assertThat(MADE).hasValue(0);
  }
}
