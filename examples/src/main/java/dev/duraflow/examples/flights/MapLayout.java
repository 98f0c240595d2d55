package dev.duraflow.examples.flights;

import dev.duraflow.examples.flights.Albers.Point;
import dev.duraflow.examples.flights.Panel.Placement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where in the picture each airport lies, for all that are shown by one of the panels. */
final class MapLayout {
  private final Map<String, Point> points = new LinkedHashMap<>();

  MapLayout(Airports airports) {
    add(Panel.CONTIGUOUS, airports);
    Panel.INSETS.forEach(panel -> add(panel, airports));
  }

  private void add(Panel panel, Airports airports) {
    List<Airport> shown = airports.all().stream().filter(panel::shows).toList();
    Placement placement = panel.fit(shown);
    shown.forEach(airport -> points.put(airport.iata(), placement.at(airport)));
  }

  /** Empty if the map does not show the airport. */
  Optional<Point> find(String airport) {
    return Optional.ofNullable(points.get(airport));
  }

  /** All points, panel by panel and by code. */
  Iterable<Point> all() {
    return points.values();
  }
}
