package dev.duraflow.examples.flights;

import java.io.IOException;
import java.util.List;
import java.util.stream.DoubleStream;

/** Draws the worst airports as bars: the mean delay of each, and a mark at its median. */
final class DelayBars {
  private static final int BARS = 20;
  private static final double ROW = 26;
  private static final double TOP = 44;
  private static final double LEFT = 226;
  private static final double RIGHT = 900;
  private static final int TICK = 5;

  private final List<AirportDelays> worst;
  private final Airports airports;
  private final double least;
  private final double most;

  private DelayBars(Ranking ranking, Airports airports) {
    this.worst = ranking.worst(BARS);
    this.airports = airports;
    double[] values = worst.stream()
        .flatMapToDouble(
            airport -> DoubleStream.of(airport.mean(), airport.delays().median()))
        .toArray();
    this.least = Math.min(0, DoubleStream.of(values).min().orElse(0));
    this.most = Math.max(TICK, DoubleStream.of(values).max().orElse(0));
  }

  static String draw(Ranking ranking, Airports airports) throws IOException {
    return new DelayBars(ranking, airports).draw();
  }

  private String draw() throws IOException {
    double bottom = TOP + worst.size() * ROW;
    Markup svg =
        new Markup().line("""
        <svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 960 {}" role="img" aria-labelledby="bars-title bars-desc">
        <title id="bars-title">Bars of the mean delay at the {} worst airports</title>
        <desc id="bars-desc">The same numbers are in the table below.</desc>
        <style>
        {}</style>""", bottom + 10, worst.size(), Markup.of(Resource.text("chart.css")));
    axis(svg, bottom);
    for (int i = 0; i < worst.size(); i++) {
      bar(svg, worst.get(i), TOP + i * ROW);
    }
    return svg.line("</svg>").toString();
  }

  private void axis(Markup svg, double bottom) {
    for (int minutes = 0; minutes <= most; minutes += TICK) {
      svg.line(
          "<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
          minutes == 0 ? "zero" : "axis",
          x(minutes),
          TOP - 8,
          x(minutes),
          bottom);
      svg.line(
          "<text class=\"note centred\" x=\"{}\" y=\"{}\">{}</text>",
          x(minutes),
          TOP - 14,
          minutes == 0 ? "on time" : minutes + " min");
    }
  }

  private void bar(Markup svg, AirportDelays airport, double y) {
    double from = x(Math.min(0, airport.mean()));
    double to = x(Math.max(0, airport.mean()));
    svg.line(
        "<text class=\"end\" x=\"{}\" y=\"{}\">{} <tspan class=\"code\">{}</tspan></text>",
        x(least) - 12,
        y + 17,
        airports.get(airport.airport()).place(),
        airport.airport());
    svg.line(
        "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2\"/>",
        DelayScale.of(airport.mean()).cssClass(),
        from,
        y + 4,
        to - from,
        ROW - 8);
    svg.line(
        "<line class=\"median\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
        x(airport.delays().median()),
        y + 2,
        x(airport.delays().median()),
        y + ROW - 2);
    svg.line("<text x=\"{}\" y=\"{}\">{}</text>", to + 7, y + 17, airport.mean());
  }

  private double x(double minutes) {
    return LEFT + (RIGHT - LEFT) * (minutes - least) / (most - least);
  }
}
