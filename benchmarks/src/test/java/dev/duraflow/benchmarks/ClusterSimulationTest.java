package dev.duraflow.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.duraflow.benchmarks.ClusterSimulation.Costs;
import dev.duraflow.benchmarks.ClusterSimulation.Outcome;
import dev.duraflow.benchmarks.ClusterSimulation.Site;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class ClusterSimulationTest {
  private static final Costs NEXT_TO_NOTHING = new Costs(1, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01);

  private static Outcome run(Duration body, int inFlight, Costs costs) {
    return ClusterSimulation.run(new Site(10, 4, body, inFlight, 2, 1, costs), 40_000, 7);
  }

  @Test
  void slots_areAllBusy_ifNothingElseTakesTime() {
    Outcome outcome = run(Duration.ofMillis(100), 400, NEXT_TO_NOTHING);

    assertThat(outcome.tasksPerSecond()).isCloseTo(400, withPercentage(3));
    assertThat(outcome.slotsBusy()).isCloseTo(1, withPercentage(2));
  }

  @Test
  void slots_areAsBusyAsTasksMayBeInFlight() {
    Outcome outcome = run(Duration.ofMillis(100), 10, NEXT_TO_NOTHING);

    assertThat(outcome.tasksPerSecond()).isCloseTo(100, withPercentage(3));
    assertThat(outcome.slotsBusy()).isCloseTo(0.25, withPercentage(3));
  }

  @Test
  void database_isTheLimit_ifItTakesLongest() {
    // Two processors and 2 ms each: a thousand a second.
    Outcome outcome =
        run(Duration.ofMillis(1), 400, new Costs(0.01, 0.01, 0.01, 0.01, 2_000, 0.01, 0.01));

    assertThat(outcome.tasksPerSecond()).isCloseTo(1_000, withPercentage(3));
    assertThat(outcome.databaseBusy()).isCloseTo(1, withPercentage(2));
  }

  @Test
  void coordinator_isTheLimit_ifItTakesLongest() {
    Outcome outcome =
        run(Duration.ofMillis(1), 400, new Costs(0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 5_000));

    assertThat(outcome.tasksPerSecond()).isCloseTo(200, withPercentage(3));
    assertThat(outcome.coordinatorBusy()).isCloseTo(1, withPercentage(2));
  }

  @Test
  void outcome_isTheSame_forTheSameSeed() {
    Site site = Site.measured(20, 4, Duration.ofMillis(50));

    assertThat(ClusterSimulation.run(site, 5_000, 3))
        .isEqualTo(ClusterSimulation.run(site, 5_000, 3))
        .isNotEqualTo(ClusterSimulation.run(site, 5_000, 4));
  }

  @Test
  void bound_isTheLeastOfAll() {
    assertThat(Site.measured(1_000, 8, Duration.ofMinutes(1)).bound().what())
        .isEqualTo("what the slots can do");
    assertThat(Site.measured(1_000, 8, Duration.ofMillis(10)).bound().what())
        .isEqualTo("what the coordinator can do");
  }
}
