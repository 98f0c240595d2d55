package dev.duraflow.examples.flights;

import dev.duraflow.examples.flights.AirportDelays.Destination;
import java.io.IOException;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the page: all of it is in the one file, and nothing in it tells when or where it was made. */
final class Page {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH);

  private Page() {}

  static String render(
      CleanFlights clean, Ranking ranking, Airports airports, String map, String bars)
      throws IOException {
    Delays all = Delays.of(clean.flights());
    return Markup.fill(
            Resource.text("page.html"),
            Map.ofEntries(
                Map.entry("flights", Markup.grouped(all.flights())),
                Map.entry("first", day(clean, Comparator.naturalOrder())),
                Map.entry("last", day(clean, Comparator.reverseOrder())),
                Map.entry("mean", all.mean()),
                Map.entry("median", all.median()),
                Map.entry("late", Markup.percent(all.lateShare())),
                Map.entry("airports", ranking.all().size()),
                Map.entry("ranked", ranking.ranked().size()),
                Map.entry("minFlights", Ranking.MIN_FLIGHTS),
                Map.entry("minFlightsToDestination", AirportDelays.MIN_FLIGHTS_TO_DESTINATION),
                Map.entry("map", Markup.of(map)),
                Map.entry("bars", Markup.of(bars)),
                Map.entry("rows", rows(ranking, airports)),
                Map.entry("dropped", dropped(clean))))
        .toString();
  }

  private static String day(CleanFlights clean, Comparator<LocalDateTime> order) {
    return clean.flights().stream()
        .map(Flight::departure)
        .min(order)
        .orElseThrow()
        .format(DAY);
  }

  private static Markup rows(Ranking ranking, Airports airports) {
    Markup rows = new Markup();
    int rank = 0;
    for (AirportDelays airport : ranking.all()) {
      Delays delays = airport.delays();
      Airport place = airports.get(airport.airport());
      rows.line(
          """
          <tr><td class="n">{}</td><th scope="row">{}</th><td>{}</td><td>{}</td><td class="n">{}</td>\
          <td class="n">{}</td><td class="n">{}</td><td class="n">{}</td><td class="n">{}</td><td class="whole">{}</td></tr>""",
          airport.isRanked() ? ++rank : "",
          airport.airport(),
          place.name(),
          place.place(),
          Markup.grouped(delays.flights()),
          delays.mean(),
          delays.median(),
          delays.percentile90(),
          Markup.percent(delays.lateShare()),
          worst(airport.worst(), airports));
    }
    return rows;
  }

  private static String worst(@Nullable Destination to, Airports airports) {
    if (to == null) {
      return "";
    }
    return airports.get(to.airport()).place() + " ("
        + Markup.decimal(to.delays().mean()) + ")";
  }

  private static Markup dropped(CleanFlights clean) {
    Markup rows = new Markup();
    clean
        .dropped()
        .forEach((reason, count) -> rows.line(
            "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td></tr>", reason.text(), count));
    return rows;
  }
}
