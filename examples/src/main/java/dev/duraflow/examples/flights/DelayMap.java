package dev.duraflow.examples.flights;

import dev.duraflow.examples.flights.Albers.Point;
import dev.duraflow.examples.flights.Panel.Box;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Draws the map: a circle for each airport that flights left from, its area their number and its colour their mean delay. A
 * grey dot for every airport of the country lies behind them; together they show its shape.
 */
final class DelayMap {
  private static final int LABELS = 12;
  private static final double LEGEND = 698;
  private static final String UNRANKED = "unranked";

  private final Markup svg = new Markup();
  private final Ranking ranking;
  private final Airports airports;
  private final MapLayout layout;
  private final List<Circle> circles;

  /** An airport on the map. */
  private record Circle(AirportDelays airport, Point centre) {
    static final Comparator<Circle> LARGEST_FIRST = Comparator.comparingInt(
            (Circle circle) -> circle.airport.flights())
        .reversed()
        .thenComparing(circle -> circle.airport.airport());

    double radius() {
      return DelayMap.radius(airport.flights());
    }
  }

  private DelayMap(Ranking ranking, Airports airports) {
    this.ranking = ranking;
    this.airports = airports;
    this.layout = new MapLayout(airports);
    this.circles = ranking.all().stream()
        .flatMap(airport ->
            layout.find(airport.airport()).map(point -> new Circle(airport, point)).stream())
        .toList();
  }

  static String draw(Ranking ranking, Airports airports) throws IOException {
    return new DelayMap(ranking, airports).draw();
  }

  private String draw() throws IOException {
    svg.line("""
        <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 960 726" role="img" aria-labelledby="map-title map-desc">
        <title id="map-title">Map of the mean delay by airport of departure</title>
        <desc id="map-desc">{}</desc>
        <style>
        {}</style>""", description(), Markup.of(Resource.text("chart.css")));
    drawCountry();
    drawCircles();
    drawLabels();
    drawLegend();
    return svg.line("</svg>").toString();
  }

  private String description() {
    String worst = ranking.worst(5).stream()
        .map(airport -> place(airport) + " " + Markup.decimal(airport.mean()))
        .collect(Collectors.joining(", "));
    int absent = ranking.all().size() - circles.size();
    return "The highest means, in minutes: " + worst
        + ". Alaska, Hawaii, Puerto Rico and the Virgin Islands are drawn apart, each at a scale of its own."
        + (absent == 0 ? "" : " Airports outside the map: " + absent + ".");
  }

  private String place(AirportDelays airport) {
    return airports.get(airport.airport()).place();
  }

  private void drawCountry() {
    StringBuilder dots = new StringBuilder();
    for (Point point : layout.all()) {
      dots.append('M').append(Markup.decimal(point.x()));
      dots.append(' ').append(Markup.decimal(point.y())).append("h0");
    }
    svg.line("<path class=\"dots\" d=\"{}\"/>", dots);
    for (Panel panel : Panel.INSETS) {
      Box frame = panel.frame();
      svg.line(
          "<rect class=\"inset\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/>",
          frame.x(),
          frame.y(),
          frame.width(),
          frame.height());
      svg.line(
          "<text class=\"note\" x=\"{}\" y=\"{}\">{}</text>",
          frame.x() + 8,
          frame.y() + 16,
          panel.title());
    }
  }

  /** The largest first, so that no circle hides a smaller one. */
  private void drawCircles() {
    circles.stream().sorted(Circle.LARGEST_FIRST).forEach(circle -> {
      AirportDelays airport = circle.airport();
      svg.line(
          "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"><title>{} {}: {} flights, mean {} min</title></circle>",
          airport.isRanked() ? DelayScale.of(airport.mean()).cssClass() : UNRANKED,
          circle.centre().x(),
          circle.centre().y(),
          circle.radius(),
          airport.airport(),
          place(airport),
          airport.flights(),
          airport.mean());
    });
  }

  private void drawLabels() {
    Labels labels = new Labels();
    ranked().forEach(circle -> labels.avoid(circle.centre(), circle.radius()));
    ranked().limit(LABELS).forEach(circle -> {
      String code = circle.airport().airport();
      Point at = labels.place(circle.centre(), circle.radius(), code);
      svg.line("<text class=\"label centred\" x=\"{}\" y=\"{}\">{}</text>", at.x(), at.y(), code);
    });
  }

  /** The worst first. */
  private Stream<Circle> ranked() {
    return circles.stream().filter(circle -> circle.airport().isRanked());
  }

  private void drawLegend() {
    double x = 24;
    svg.line("<text class=\"note\" x=\"{}\" y=\"{}\">Mean delay in minutes</text>", x, LEGEND - 20);
    for (DelayScale step : DelayScale.values()) {
      x = drawEntry(x, step.cssClass(), 7, step.text());
    }
    drawEntry(x, UNRANKED, 3.5, "under " + Ranking.MIN_FLIGHTS + " flights: no mean");
    x = 690;
    svg.line("<text class=\"note\" x=\"{}\" y=\"{}\">Number of flights</text>", x, LEGEND - 20);
    for (int flights : new int[] {50, 200, 500, 1000}) {
      x = drawEntry(x, UNRANKED, radius(flights), Markup.grouped(flights));
    }
  }

  /** Returns where the next entry begins. */
  private double drawEntry(double x, String cssClass, double radius, String text) {
    double end = x + 2 * radius + 5;
    svg.line(
        "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
        cssClass,
        x + radius,
        LEGEND,
        radius);
    svg.line("<text class=\"note\" x=\"{}\" y=\"{}\">{}</text>", end, LEGEND + 4, text);
    return end + 6.9 * text.length() + 16;
  }

  private static double radius(int flights) {
    return Math.max(1.7, 0.62 * Math.sqrt(flights));
  }
}
