package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class FailureTextTest {
  @Test
  void text_namesCausesAndSuppressed() {
    IOException cause = new IOException("disk on fire");
    IllegalStateException failure = new IllegalStateException("no data", cause);
    failure.addSuppressed(new RuntimeException("nor could it be closed"));
    assertThat(FailureText.of(failure))
        .startsWith(
            "java.lang.IllegalStateException: no data\n\tat dev.duraflow.engine.FailureTextTest.")
        .contains("\nSuppressed: java.lang.RuntimeException: nor could it be closed\n\tat ")
        .contains("\nCaused by: java.io.IOException: disk on fire\n\tat ");
  }

  @Test
  void text_ofWhateverIsThrown_hasALimit() {
    Throwable endless = new IllegalStateException("x".repeat(1_000_000));
    for (int i = 0; i < 1_000; i++) {
      endless = new IllegalStateException("level " + i, endless);
      endless.addSuppressed(new RuntimeException("y".repeat(10_000)));
    }
    assertThat(FailureText.of(endless)).hasSizeBetween(1_000, 17_000);
  }

  @Test
  void text_ofACircleOfCausesAndAMessageThatThrows_isThere() {
    RuntimeException one = new RuntimeException("one");
    RuntimeException other = new RuntimeException("other", one);
    one.initCause(other);
    assertThat(FailureText.of(one)).contains("Caused by: java.lang.RuntimeException: other");
    assertThat(FailureText.of(new RuntimeException() {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            throw new IllegalStateException("not that either");
          }
        }))
        .contains("FailureTextTest");
  }
}
