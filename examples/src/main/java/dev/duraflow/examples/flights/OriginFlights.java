package dev.duraflow.examples.flights;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All flights that left from one airport. */
public record OriginFlights(String origin, List<Flight> flights) {

  /** One group for each origin, in the order of their codes. */
  static List<OriginFlights> group(CleanFlights clean) {
    Map<String, List<Flight>> byOrigin = new TreeMap<>();
    for (Flight flight : clean.flights()) {
      byOrigin.computeIfAbsent(flight.origin(), origin -> new ArrayList<>()).add(flight);
    }
    return byOrigin.entrySet().stream()
        .map(group -> new OriginFlights(group.getKey(), group.getValue()))
        .toList();
  }
}
