package dev.duraflow.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.duraflow.examples.flights.Albers.Point;
import org.junit.jupiter.api.Test;

final class AlbersTest {
  /** The example that Snyder's manual works out, for the sphere. */
  @Test
  void project_agreesWithTheManual() {
    Point point = new Albers(29.5, 45.5, 23, -96).project(35, -75);

    assertThat(point.x()).isCloseTo(0.2952720, within(5e-8));
    assertThat(point.y()).isCloseTo(-0.2416774, within(5e-8));
  }

  @Test
  void project_putsTheOriginAtZero() {
    Point point = new Albers(29.5, 45.5, 37.5, -96).project(37.5, -96);

    assertThat(point.x()).isZero();
    assertThat(point.y()).isCloseTo(0, within(1e-12));
  }
}
