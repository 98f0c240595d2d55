package dev.duraflow.examples.flights;

import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.csv.CsvMapper;
import tools.jackson.dataformat.csv.CsvSchema;

/** The two files of real data; the README beside them says where they come from. */
final class Dataset {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu/MM/dd HH:mm", Locale.ROOT);

  private Dataset() {}

  static List<Flight> flights() throws IOException {
    try (InputStream in = Resource.open("flights-20k.json")) {
      List<FlightRow> rows =
          JsonMapper.shared().readerForListOf(FlightRow.class).readValue(in);
      return rows.stream().map(FlightRow::toFlight).toList();
    }
  }

  static Airports airports() throws IOException {
    CsvSchema header = CsvSchema.emptySchema().withHeader();
    try (InputStream in = Resource.open("airports.csv");
        MappingIterator<Airport> rows =
            CsvMapper.shared().readerFor(Airport.class).with(header).readValues(in)) {
      return Airports.of(rows.readAll());
    }
  }

  /** A flight as the file spells it. */
  record FlightRow(String date, int delay, int distance, String origin, String destination) {
    Flight toFlight() {
      return new Flight(LocalDateTime.parse(date, DATE), delay, distance, origin, destination);
    }
  }
}
