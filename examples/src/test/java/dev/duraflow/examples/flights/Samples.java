package dev.duraflow.examples.flights;

import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Flights and airports made by hand. */
final class Samples {
  static final Airport ORD = airport("ORD", "Chicago", 41.979595, -87.90446417);
  static final Airport JFK = airport("JFK", "New York", 40.63975111, -73.77892556);
  static final Airport ANC = airport("ANC", "Anchorage", 61.17432028, -149.9961856);

  private Samples() {}

  static Airport airport(String code, String city, double latitude, double longitude) {
    return new Airport(code, city + " Airport", city, "XX", "USA", latitude, longitude);
  }

  static Flight flight(String origin, String destination, int delay, int miles) {
    return new Flight(LocalDateTime.of(2001, 2, 3, 4, 5), delay, miles, origin, destination);
  }

  /** Flights from Chicago to New York, one for each delay. */
  static List<Flight> flights(int... delays) {
    return Arrays.stream(delays)
        .mapToObj(delay -> flight("ORD", "JFK", delay, 740))
        .toList();
  }

  /** An airport with {@code count} flights that were all equally late. */
  static AirportDelays delays(String airport, int count, int delay) {
    List<Flight> flights = IntStream.range(0, count)
        .mapToObj(i -> flight(airport, "JFK", delay, 740))
        .toList();
    return new AirportDelays(airport, Delays.of(flights), null);
  }
}
