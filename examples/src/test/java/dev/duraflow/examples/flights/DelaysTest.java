package dev.duraflow.examples.flights;

import static dev.duraflow.examples.flights.Samples.flight;
import static dev.duraflow.examples.flights.Samples.flights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.examples.flights.AirportDelays.Destination;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DelaysTest {
  @Test
  void of_oneFlight() {
    assertThat(Delays.of(flights(7))).isEqualTo(new Delays(1, 7.0, 7.0, 7, 0.0));
  }

  @Test
  void of_anEvenNumber_halvesTheMiddle() {
    assertThat(Delays.of(flights(16, -3, 15, 0))).isEqualTo(new Delays(4, 7.0, 7.5, 16, 0.25));
  }

  @Test
  void of_tenFlights_ninetyPercentAreNine() {
    Delays delays = Delays.of(flights(10, 9, 8, 7, 6, 5, 4, 3, 2, 1));

    assertThat(delays.percentile90()).isEqualTo(9);
    assertThat(delays.median()).isEqualTo(5.5);
    assertThat(Delays.of(flights(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)).percentile90())
        .isEqualTo(10);
  }

  @Test
  void of_negativeDelays() {
    assertThat(Delays.of(flights(-5, -10, -3))).isEqualTo(new Delays(3, -6.0, -5.0, -3, 0.0));
  }

  @Test
  void of_noFlights_isRefused() {
    assertThatThrownBy(() -> Delays.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void worst_needsEnoughFlights() {
    List<Flight> flights = new ArrayList<>(Collections.nCopies(4, flight("ORD", "LAX", 100, 1745)));
    flights.addAll(Collections.nCopies(5, flight("ORD", "SFO", 20, 1846)));
    flights.addAll(Collections.nCopies(9, flight("ORD", "JFK", 10, 740)));

    Destination worst = AirportDelays.of(new OriginFlights("ORD", flights)).worst();

    assertThat(worst).isEqualTo(new Destination("SFO", new Delays(5, 20.0, 20.0, 20, 1.0)));
    assertThat(AirportDelays.of(new OriginFlights("ORD", flights(1, 2))).worst())
        .isNull();
  }

  @Test
  void worst_ofEquals_isTheFirstByCode() {
    List<Flight> flights = new ArrayList<>(Collections.nCopies(5, flight("ORD", "SFO", 20, 1846)));
    flights.addAll(Collections.nCopies(5, flight("ORD", "LAX", 20, 1745)));

    assertThat(AirportDelays.of(new OriginFlights("ORD", flights)).worst().airport())
        .isEqualTo("LAX");
  }

  @Test
  void group_sortsOriginsByCodeAndKeepsTheOrderOfFlights() {
    Flight first = flight("ORD", "JFK", 1, 740);
    Flight second = flight("JFK", "ORD", 2, 740);
    Flight third = flight("ORD", "JFK", 3, 740);

    assertThat(OriginFlights.group(
            new CleanFlights(List.of(first, second, third), java.util.Map.of())))
        .containsExactly(
            new OriginFlights("JFK", List.of(second)),
            new OriginFlights("ORD", List.of(first, third)));
  }

  @Test
  void ranking_worstFirst_equalsByCode_tooFewApart() {
    AirportDelays late = Samples.delays("SFO", 30, 20);
    AirportDelays alsoLate = Samples.delays("LAX", 40, 20);
    AirportDelays early = Samples.delays("ABE", 30, -5);
    AirportDelays few = Samples.delays("SUX", 29, 100);
    AirportDelays fewer = Samples.delays("MLB", 1, 5);

    Ranking ranking = Ranking.of(List.of(few, early, late, fewer, alsoLate));

    assertThat(ranking).isEqualTo(new Ranking(List.of(alsoLate, late, early), List.of(fewer, few)));
    assertThat(ranking.worst(2)).containsExactly(alsoLate, late);
    assertThat(ranking.worst(20)).hasSize(3);
  }
}
