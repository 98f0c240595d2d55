package dev.duraflow.examples;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** The program that the README shows, with the classes that it speaks of. */
final class ReadmeProgram {
  /** A JVM started with this property dies in the task of that airport, as by {@code kill -9}. */
  static final String DIES_AT = "dies.at";

  private ReadmeProgram() {}

  public static void main(String[] args) {
    // snippet: card
    Dag dag = Dag.named("delays");
    Task<List<Flight>> flights = dag.task("flights", Flight::load);
    Task<List<Airport>> airports = dag.task("airports", Airport::load);
    Task<List<Route>> routes = dag.task("routes", flights, airports, Route::join);
    Task<List<Delay>> delays = dag.map("delay", routes, Route::origin, Delay::of);
    Task<String> report = dag.task("report", delays, airports, Delay::render);

    try (Duraflow duraflow = Duraflow.open(Path.of("state"))) {
      Run run = duraflow.run(dag, "2001-q1"); // resumes what an earlier process began
      System.out.println(run.get(report)); // typed, no cast
    }
    // end
  }

  record Flight(String origin, int delay) {
    static List<Flight> load() {
      System.out.println("loading flights");
      return List.of(new Flight("SFO", 14), new Flight("ORD", 35), new Flight("SFO", 10));
    }
  }

  record Airport(String code, String city) {
    static List<Airport> load() {
      return List.of(new Airport("ORD", "Chicago"), new Airport("SFO", "San Francisco"));
    }

    static String city(String code, List<Airport> airports) {
      return airports.stream()
          .filter(airport -> airport.code().equals(code))
          .findFirst()
          .orElseThrow()
          .city();
    }
  }

  record Route(String origin, String city, List<Integer> delays) {
    static List<Route> join(List<Flight> flights, List<Airport> airports) {
      return flights.stream()
          .collect(groupingBy(Flight::origin, TreeMap::new, toList()))
          .entrySet()
          .stream()
          .map(from -> new Route(
              from.getKey(),
              Airport.city(from.getKey(), airports),
              from.getValue().stream().map(Flight::delay).toList()))
          .toList();
    }
  }

  record Delay(String origin, double mean) {
    static Delay of(Route route) {
      System.out.println("computing " + route.origin());
      if (route.origin().equals(System.getProperty(DIES_AT))) {
        Runtime.getRuntime().halt(137);
      }
      return new Delay(
          route.origin(),
          route.delays().stream().mapToInt(Integer::intValue).average().orElseThrow());
    }

    static String render(List<Delay> delays, List<Airport> airports) {
      return delays.stream()
          .sorted(Comparator.comparing(Delay::mean).reversed())
          .map(delay -> Airport.city(delay.origin(), airports) + ": " + delay.mean() + " min")
          .collect(joining("\n"));
    }
  }
}
