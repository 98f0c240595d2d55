package dev.duraflow.examples.flights;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.remote.DagFactory;
import java.util.List;

/**
 * From two files to one page. Each line is a durable task, {@code delay} one for each airport: killed at any moment, the
 * DAG goes on after the last output that was recorded.
 *
 * @param airports all airports of the country, with or without flights
 * @param ranking the airports, the worst first
 * @param page the text of the HTML page
 */
public record FlightsDag(
    Dag dag, Task<Airports> airports, Task<Ranking> ranking, Task<String> page) {

  /** Declares it for workers in other processes. */
  public static final DagFactory<Settings> FACTORY =
      DagFactory.named("flights", Settings.class, settings -> tasks(settings).dag);

  /**
   * What may be set, and no output depends on.
   *
   * @param slowMillis how long the task of each airport sleeps before it computes
   */
  public record Settings(int slowMillis) {}

  /** Declares the DAG, so that workers can declare the same. */
  public static FlightsDag declare(Settings settings) {
    FlightsDag flights = tasks(settings);
    FACTORY.create(settings).origin().ifPresent(flights.dag::origin);
    return flights;
  }

  private static FlightsDag tasks(Settings settings) {
    Dag dag = Dag.named("flights");

    Task<List<Flight>> flights = dag.task("flights", Dataset::flights);
    Task<Airports> airports = dag.task("airports", Dataset::airports);
    Task<CleanFlights> clean = dag.task("clean", flights, airports, CleanFlights::of);

    Task<List<OriginFlights>> origins = dag.task("origins", clean, OriginFlights::group);
    Task<List<AirportDelays>> delays = dag.map("delay", origins, OriginFlights::origin, origin -> {
      Thread.sleep(settings.slowMillis());
      return AirportDelays.of(origin);
    });

    Task<Ranking> ranking = dag.task("ranking", delays, Ranking::of);
    Task<String> map = dag.task("map", ranking, airports, DelayMap::draw);
    Task<String> bars = dag.task("bars", ranking, airports, DelayBars::draw);
    Task<String> page = dag.task(
        "page",
        List.of(clean, ranking, airports, map, bars),
        in -> Page.render(
            in.get(clean), in.get(ranking), in.get(airports), in.get(map), in.get(bars)));

    return new FlightsDag(dag, airports, ranking, page);
  }
}
