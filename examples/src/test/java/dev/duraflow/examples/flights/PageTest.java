package dev.duraflow.examples.flights;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

final class PageTest {
  private static final String SVG =
      "<svg xmlns=\"http://www.w3.org/2000/svg\"><title>picture</title></svg>";

  private static String page(CleanFlights clean, Airports airports) throws Exception {
    Ranking ranking =
        Ranking.of(OriginFlights.group(clean).stream().map(AirportDelays::of).toList());
    return Page.render(clean, ranking, airports, SVG, SVG);
  }

  @Test
  void render_isWellFormedAndHasARowForEachAirport() throws Exception {
    Airports airports = Dataset.airports();
    Document page = Xml.parse(page(CleanFlights.of(Dataset.flights(), airports), airports));

    assertThat(Xml.elements(page, "svg")).hasSize(2);
    assertThat(Xml.elements(page, "tr")).hasSize(1 + 220 + 1 + 4);
    assertThat(Xml.elements(page, "th"))
        .allSatisfy(header -> assertThat(header.getAttribute("scope")).isIn("row", "col"));
    assertThat(page.getDocumentElement().getTextContent())
        .contains(
            "20,000", "1 January 2001", "31 March 2001", "87 airports with at least 30 flights");
  }

  @Test
  void render_asksForNothingFromElsewhere() throws Exception {
    Airports airports = Dataset.airports();
    String page = page(CleanFlights.of(Dataset.flights(), airports), airports);

    assertThat(page.replace("http://www.w3.org/2000/svg", ""))
        .doesNotContain("http:", "https:", "//", "@import", "url(");
    assertThat(page).contains("default-src 'none'");
  }

  @Test
  void render_escapesWhatTheDataSays() throws Exception {
    Airport hostile =
        new Airport("ORD", "\"A\" & <script>", "<b>", "'x'", "USA", 41.979595, -87.90446417);
    CleanFlights clean = new CleanFlights(Samples.flights(1, 2, 3, 4, 5), Map.of());

    Document page = Xml.parse(page(clean, Airports.of(List.of(hostile, Samples.JFK))));

    Element body = Xml.elements(page, "tbody").get(0);
    assertThat(body.getTextContent())
        .contains("\"A\" & <script>", "<b>, 'x'", "New York, XX (3.0)");
    assertThat(body.getElementsByTagName("script").getLength()).isZero();
  }
}
