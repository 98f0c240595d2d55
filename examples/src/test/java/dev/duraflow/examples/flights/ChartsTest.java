package dev.duraflow.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

final class ChartsTest {
  private static final Airport HOSTILE =
      new Airport("<&>", "\"A\" & <B>", "<script>", "'x'", "USA", 40, -100);

  private static Airports airports;
  private static Ranking ranking;

  @BeforeAll
  static void rank() throws IOException {
    airports = Dataset.airports();
    CleanFlights clean = CleanFlights.of(Dataset.flights(), airports);
    ranking =
        Ranking.of(OriginFlights.group(clean).stream().map(AirportDelays::of).toList());
  }

  @Test
  void map_hasACircleForEachAirportWithFlights() throws Exception {
    Document svg = Xml.parse(DelayMap.draw(ranking, airports));

    assertThat(Xml.elements(svg, "circle").stream()
            .filter(circle -> circle.getElementsByTagName("title").getLength() == 1))
        .hasSize(220);
    assertThat(Xml.elements(svg, "rect", "inset")).hasSize(3);
    assertThat(Xml.elements(svg, "text", "label"))
        .hasSize(12)
        .first()
        .satisfies(label -> assertThat(label.getTextContent()).isEqualTo("JFK"));
  }

  @Test
  void map_liesWithinThePicture() throws Exception {
    Document svg = Xml.parse(DelayMap.draw(ranking, airports));

    for (Element circle : Xml.elements(svg, "circle")) {
      double radius = Double.parseDouble(circle.getAttribute("r"));
      assertThat(Double.parseDouble(circle.getAttribute("cx"))).isBetween(radius, 960 - radius);
      assertThat(Double.parseDouble(circle.getAttribute("cy"))).isBetween(radius, 726 - radius);
    }
  }

  @Test
  void map_describesItself() throws Exception {
    Document svg = Xml.parse(DelayMap.draw(ranking, airports));

    assertThat(svg.getDocumentElement().getAttribute("role")).isEqualTo("img");
    assertThat(svg.getDocumentElement().getAttribute("aria-labelledby"))
        .isEqualTo("map-title map-desc");
    assertThat(Xml.elements(svg, "desc").get(0).getTextContent())
        .contains("New York, NY 16.2, Richmond, VA 14.4", "Alaska", "scale of its own")
        .doesNotContain("outside");
  }

  @Test
  void map_countsAirportsThatItDoesNotShow() throws Exception {
    Airport guam = Samples.airport("GUM", "Agana", 13.48345, 144.7959);
    Ranking far = Ranking.of(List.of(Samples.delays("GUM", 40, 3), Samples.delays("ORD", 40, 5)));

    Document svg =
        Xml.parse(DelayMap.draw(far, Airports.of(List.of(guam, Samples.ORD, Samples.JFK))));

    assertThat(Xml.elements(svg, "desc").get(0).getTextContent())
        .endsWith("Airports outside the map: 1.");
    assertThat(Xml.elements(svg, "text", "label")).hasSize(1);
  }

  @Test
  void charts_escapeWhatTheDataSays() throws Exception {
    Ranking hostile = Ranking.of(List.of(Samples.delays("<&>", 40, 3)));
    Airports two = Airports.of(List.of(HOSTILE, Samples.ORD));

    for (String svg : List.of(DelayMap.draw(hostile, two), DelayBars.draw(hostile, two))) {
      assertThat(Xml.parse(svg).getElementsByTagName("script").getLength()).isZero();
      assertThat(Xml.parse(svg).getDocumentElement().getTextContent())
          .contains("<script>, 'x'", "<&>");
    }
  }

  @Test
  void bars_areTheTwentyWorst_longestFirst() throws Exception {
    Document svg = Xml.parse(DelayBars.draw(ranking, airports));

    List<Double> widths = Xml.elements(svg, "rect").stream()
        .map(bar -> Double.parseDouble(bar.getAttribute("width")))
        .toList();
    assertThat(widths).hasSize(20).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    assertThat(Xml.elements(svg, "line", "median")).hasSize(20);
  }

  @Test
  void bars_ofEarlyAirports_goToTheLeft() throws Exception {
    Ranking early = Ranking.of(List.of(Samples.delays("ORD", 40, -8)));

    Element bar = Xml.elements(
            Xml.parse(DelayBars.draw(early, Airports.of(List.of(Samples.ORD)))), "rect")
        .get(0);

    assertThat(Double.parseDouble(bar.getAttribute("width"))).isPositive();
  }

  @Test
  void scale_beginsAStepAtItsBound() {
    assertThat(List.of(-20.0, 2.99, 3.0, 7.7, 9.0, 12.0, 500.0))
        .extracting(DelayScale::of)
        .containsExactly(
            DelayScale.LOWEST,
            DelayScale.LOWEST,
            DelayScale.LOW,
            DelayScale.MIDDLE,
            DelayScale.HIGH,
            DelayScale.HIGHEST,
            DelayScale.HIGHEST);
  }
}
