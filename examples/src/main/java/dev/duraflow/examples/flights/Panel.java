package dev.duraflow.examples.flights;

import dev.duraflow.examples.flights.Albers.Point;
import java.util.Collection;
import java.util.List;

/**
 * A part of the map with its own projection, scale and place in the picture: what lies far from the contiguous states would
 * otherwise shrink them to a corner.
 *
 * @param bounds what it shows
 * @param box where its airports lie in the picture
 */
record Panel(String title, Albers projection, Bounds bounds, Box box) {
  static final Panel CONTIGUOUS = new Panel(
      "Contiguous states",
      new Albers(29.5, 45.5, 37.5, -96),
      new Bounds(24, 50, -125, -66),
      new Box(30, 22, 900, 550));

  /** The parts that are drawn apart, in a frame with a title. */
  static final List<Panel> INSETS = List.of(
      new Panel(
          "Alaska",
          new Albers(55, 65, 50, -154),
          new Bounds(51, 72, -180, -129),
          new Box(38, 500, 190, 134)),
      new Panel(
          "Hawaii",
          new Albers(8, 18, 13, -157),
          new Bounds(18, 23, -161, -154),
          new Box(274, 564, 110, 70)),
      new Panel(
          "Puerto Rico, Virgin Islands",
          new Albers(8, 18, 18, -66),
          new Bounds(17, 19, -68, -64),
          new Box(776, 604, 150, 30)));

  /** A rectangle of the picture. */
  record Box(double x, double y, double width, double height) {}

  /** A rectangle of the earth, in degrees. */
  record Bounds(double south, double north, double west, double east) {}

  /** No airport is shown by two panels, and some far out in the Pacific by none. */
  boolean shows(Airport airport) {
    return airport.latitude() >= bounds.south
        && airport.latitude() <= bounds.north
        && airport.longitude() >= bounds.west
        && airport.longitude() <= bounds.east;
  }

  /** The box with room for a title and for circles at its edge. */
  Box frame() {
    return new Box(box.x - 14, box.y - 26, box.width + 28, box.height + 40);
  }

  /** Scales this panel's map so that the airports, all of which it shows, just fit into its box. */
  Placement fit(Collection<Airport> airports) {
    double left = Double.POSITIVE_INFINITY;
    double top = Double.POSITIVE_INFINITY;
    double right = Double.NEGATIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    for (Airport airport : airports) {
      Point point = projection.project(airport.latitude(), airport.longitude());
      left = Math.min(left, point.x());
      right = Math.max(right, point.x());
      top = Math.min(top, point.y());
      bottom = Math.max(bottom, point.y());
    }
    double scale = Math.min(box.width / (right - left), box.height / (bottom - top));
    double x = box.x + (box.width - scale * (right - left)) / 2 - scale * left;
    double y = box.y + (box.height - scale * (bottom - top)) / 2 - scale * top;
    return new Placement(projection, scale, x, y);
  }

  /** Where the places of a panel lie in the picture. */
  record Placement(Albers projection, double scale, double x, double y) {
    Point at(Airport airport) {
      Point point = projection.project(airport.latitude(), airport.longitude());
      return new Point(x + scale * point.x(), y + scale * point.y());
    }
  }
}
