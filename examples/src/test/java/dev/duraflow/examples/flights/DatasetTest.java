package dev.duraflow.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.LocalDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DatasetTest {
  @Test
  void flights_areReadAsTheFileHasThem() throws IOException {
    List<Flight> flights = Dataset.flights();

    assertThat(flights).hasSize(20_000);
    assertThat(flights.get(0))
        .isEqualTo(new Flight(LocalDateTime.of(2001, 1, 1, 0, 47), 66, 1750, "DTW", "LAS"));
  }

  @Test
  void airports_areReadWithQuotesAndCommas() throws IOException {
    Airports airports = Dataset.airports();

    assertThat(airports.all()).hasSize(3_376);
    assertThat(airports.get("ORD"))
        .isEqualTo(new Airport(
            "ORD",
            "Chicago O'Hare International",
            "Chicago",
            "IL",
            "USA",
            41.979595,
            -87.90446417));
    assertThat(airports.get("DBN").name()).isEqualTo("W. H. \"Bud\" Barron");
  }

  @Test
  void clean_findsNothingWrongInTheRealData() throws IOException {
    CleanFlights clean = CleanFlights.of(Dataset.flights(), Dataset.airports());

    assertThat(clean.flights()).isEqualTo(Dataset.flights());
    assertThat(clean.dropped().values()).hasSize(4).containsOnly(0);
  }
}
