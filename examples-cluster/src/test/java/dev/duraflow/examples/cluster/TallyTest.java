package dev.duraflow.examples.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TallyTest {
  private final List<String> told = new ArrayList<>();
  private final Tally tally = new Tally((task, worker) -> told.add(task + " on " + worker));

  @Test
  void task_isCountedOnce_whoeverComesFirst() {
    tally.claimed("a", 1);
    tally.recorded("a");
    tally.recorded("b");
    assertThat(tally.unclaimed()).isOne();
    tally.claimed("b", 2);

    assertThat(told).containsExactly("a on 1", "b on 2");
    assertThat(tally.of(1)).isOne();
    assertThat(tally.of(2)).isOne();
    assertThat(tally.unclaimed()).isZero();
  }

  @Test
  void task_isOfTheLastWhoClaimedIt() {
    tally.claimed("a", 1);
    tally.claimed("a", 2);
    tally.recorded("a");

    assertThat(told).containsExactly("a on 2");
    assertThat(tally.of(1)).isZero();
  }
}
