package dev.duraflow.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.testkit.CrashPoints;
import org.junit.jupiter.api.Test;

/** The demo's DAG, crashed on purpose. The guide shows it. */
public final class FlightsCrashTest {
  // snippet: test-flights
  @Test
  void flights_surviveCrashes() {
    Dag dag = FlightsDag.declare(new FlightsDag.Settings(0)).dag();
    CrashPoints.Tried tried = CrashPoints.of(dag).atMost(5).maxConcurrency(4).everyPersist();
    System.out.println(tried); // 10 crashes at 5 of 229 persist points, ..., seed 278608
    // hide
    assertThat(tried.records()).isEqualTo(9 + 220);
    assertThat(tried.points()).isEqualTo(5);
    assertThat(tried.crashes()).isEqualTo(10);
    assertThat(tried.reused()).isPositive();
    // show
  }
  // end
}
