package dev.duraflow.dag;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RetryTest {
  @Test
  void delays_growTwofoldUpToTheLongest() {
    Retry retry = Retry.times(9).backoff(Duration.ofMillis(100), Duration.ofMillis(350));
    assertThat(retry.delayAfter(1, 0)).isEqualTo(Duration.ofMillis(100));
    assertThat(retry.delayAfter(2, 0)).isEqualTo(Duration.ofMillis(200));
    assertThat(retry.delayAfter(3, 0)).isEqualTo(Duration.ofMillis(350));
    assertThat(retry.delayAfter(1_000_000, 0)).isEqualTo(Duration.ofMillis(350));
  }

  @Test
  void delays_withoutBackoff_areNone() {
    assertThat(Retry.times(3).delayAfter(2, 0.5)).isZero();
  }

  @Test
  void delay_ofTheLongestDuration_doesNotOverflow() {
    Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
    Retry retry = Retry.times(9).backoff(Duration.ofDays(1), longest);
    assertThat(retry.delayAfter(1_000, 0)).isEqualTo(longest);
  }

  @Test
  void jitter_shortens() {
    Retry retry = Retry.times(3).backoff(Duration.ofSeconds(10)).jitter(1);
    assertThat(retry.delayAfter(1, 0.25)).isEqualTo(Duration.ofMillis(7_500));
    assertThat(retry.delayAfter(1, 1)).isZero();
  }

  @Test
  void copies_keepWhatWasSaid() {
    Retry retry = Retry.times(3)
        .retryIf(IOException.class::isInstance)
        .acrossProcesses()
        .jitter(0)
        .backoff(Duration.ofSeconds(1));
    assertThat(retry.maxAttempts()).isEqualTo(3);
    assertThat(retry.isAcrossProcesses()).isTrue();
    assertThat(retry.isWorthwhileAfter(new IOException())).isTrue();
    assertThat(retry.isWorthwhileAfter(new Error())).isFalse();
    assertThat(Retry.times(3).isWorthwhileAfter(new Error())).isTrue();
  }

  @Test
  void badArguments_areNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Retry.times(0))
        .withMessage("maxAttempts must be >= 1: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Retry.times(1).backoff(Duration.ofMillis(-1)))
        .withMessage("a delay must not be negative: PT-0.001S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Retry.times(1).backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .withMessage("the longest delay must be >= the first, PT2S: PT1S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Retry.times(1).jitter(Double.NaN))
        .withMessage("jitter must be between 0 and 1: NaN");
    Task<Integer> task = Dag.named("dag").task("slow", () -> 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> task.timeout(Duration.ZERO))
        .withMessage("timeout of task 'slow' must be longer than nothing: PT0S");
  }
}
