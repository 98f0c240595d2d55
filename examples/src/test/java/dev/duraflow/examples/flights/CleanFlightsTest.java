package dev.duraflow.examples.flights;

import static dev.duraflow.examples.flights.Samples.flight;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.examples.flights.CleanFlights.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CleanFlightsTest {
  private static final Airports AIRPORTS = Airports.of(List.of(Samples.ORD, Samples.JFK));
  private static final Flight GOOD = flight("ORD", "JFK", 5, 740);

  @ParameterizedTest
  @CsvSource({
    "ORD, JFK,    5, 740,",
    "ORD, JFK, -120, 740,",
    "ORD, JFK, 1440, 740,",
    "ORD, JFK,    5, 770,",
    "ZZZ, JFK,    5, 740, UNKNOWN_AIRPORT",
    "ORD, ZZZ,    5, 740, UNKNOWN_AIRPORT",
    "ORD, ZZZ, 9999,   0, UNKNOWN_AIRPORT",
    "ORD, JFK, -121, 740, IMPLAUSIBLE_DELAY",
    "ORD, JFK, 1441, 740, IMPLAUSIBLE_DELAY",
    "ORD, JFK,    5, 600, IMPLAUSIBLE_DISTANCE",
    "ORD, JFK,    5, 800, IMPLAUSIBLE_DISTANCE",
    "ORD, ORD,    5,   0, IMPLAUSIBLE_DISTANCE",
  })
  void of_dropsForTheFirstReasonThatApplies(
      String origin, String destination, int delay, int miles, Reason reason) {
    Flight flight = flight(origin, destination, delay, miles);

    CleanFlights clean = CleanFlights.of(List.of(flight), AIRPORTS);

    assertThat(clean.flights()).isEqualTo(reason == null ? List.of(flight) : List.of());
    assertThat(clean.dropped()).containsOnlyKeys(Reason.values());
    clean.dropped().forEach((each, count) -> assertThat(count).isEqualTo(each == reason ? 1 : 0));
  }

  @Test
  void of_keepsOneOfEqualFlights() {
    Flight other = flight("ORD", "JFK", 6, 740);

    CleanFlights clean = CleanFlights.of(List.of(GOOD, other, GOOD, GOOD), AIRPORTS);

    assertThat(clean.flights()).containsExactly(GOOD, other);
    assertThat(clean.dropped()).containsEntry(Reason.DUPLICATE, 2);
  }

  @Test
  void milesTo_isTheGreatCircle() {
    assertThat(Samples.ORD.milesTo(Samples.JFK)).isBetween(738.0, 741.0);
    assertThat(Samples.JFK.milesTo(Samples.ORD)).isEqualTo(Samples.ORD.milesTo(Samples.JFK));
    assertThat(Samples.ORD.milesTo(Samples.ORD)).isZero();
  }
}
