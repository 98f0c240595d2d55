package dev.duraflow.examples.flights;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The flights worth counting, and how many were dropped for which reason.
 *
 * @param dropped has an entry for every reason, 0 where it never applied
 */
public record CleanFlights(List<Flight> flights, Map<Reason, Integer> dropped) {

  /** Why a flight is dropped. The first reason that applies is the one that counts. */
  public enum Reason {
    UNKNOWN_AIRPORT("names an airport that is not listed"),
    DUPLICATE("equals an earlier flight in every value"),
    IMPLAUSIBLE_DELAY("more than 2 hours early or 24 hours late"),
    IMPLAUSIBLE_DISTANCE("ends where it began, or its distance does not fit its airports");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  static CleanFlights of(List<Flight> flights, Airports airports) {
    Set<Flight> seen = new HashSet<>();
    List<Flight> kept = new ArrayList<>();
    Map<Reason, Integer> dropped = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      dropped.put(reason, 0);
    }
    for (Flight flight : flights) {
      Optional<Reason> reason = reasonToDrop(flight, airports, seen);
      if (reason.isPresent()) {
        dropped.merge(reason.get(), 1, Integer::sum);
      } else {
        kept.add(flight);
      }
    }
    return new CleanFlights(kept, dropped);
  }

  private static Optional<Reason> reasonToDrop(Flight flight, Airports airports, Set<Flight> seen) {
    Optional<Airport> origin = airports.find(flight.origin());
    Optional<Airport> destination = airports.find(flight.destination());
    if (origin.isEmpty() || destination.isEmpty()) {
      return Optional.of(Reason.UNKNOWN_AIRPORT);
    }
    if (!seen.add(flight)) {
      return Optional.of(Reason.DUPLICATE);
    }
    if (flight.delay() < -2 * 60 || flight.delay() > 24 * 60) {
      return Optional.of(Reason.IMPLAUSIBLE_DELAY);
    }
    double direct = origin.get().milesTo(destination.get());
    double tolerance = Math.max(30, 0.05 * direct);
    if (origin.equals(destination) || Math.abs(flight.miles() - direct) > tolerance) {
      return Optional.of(Reason.IMPLAUSIBLE_DISTANCE);
    }
    return Optional.empty();
  }
}
