package dev.duraflow.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class UnitTest {
  @Test
  void ratio_isAboveOneForTheBetter_whicheverWayThatIs() {
    assertThat(Unit.NANOS_PER_TASK.ratio(50, 100)).isEqualTo(2);
    assertThat(Unit.TASKS_PER_SECOND.ratio(50, 100)).isEqualTo(0.5);
  }

  @Test
  void atRatio_undoesRatio() {
    assertThat(Unit.MICROS_PER_TASK.ratio(Unit.MICROS_PER_TASK.atRatio(0.9, 90), 90))
        .isEqualTo(0.9);
    assertThat(Unit.TASKS_PER_SECOND.ratio(Unit.TASKS_PER_SECOND.atRatio(50, 90), 90))
        .isEqualTo(50);
  }

  @Test
  void spread_ofAnEvenNumber_hasItsMedianBetweenTheMiddleTwo() {
    assertThat(Spread.of(new double[] {4, 1, 3, 2})).isEqualTo(new Spread(1, 2.5, 4));
  }
}
