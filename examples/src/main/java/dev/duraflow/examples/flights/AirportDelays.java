package dev.duraflow.examples.flights;

import static java.util.stream.Collectors.groupingBy;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * How late the flights from one airport arrive.
 *
 * @param worst the destination with the highest mean delay, null if none has {@value #MIN_FLIGHTS_TO_DESTINATION} flights
 */
public record AirportDelays(
    String airport, Delays delays, @Nullable Destination worst) {

  /** Fewer flights to a place say more about their day than about the place. */
  static final int MIN_FLIGHTS_TO_DESTINATION = 5;

  private static final Comparator<Destination> WORST_FIRST = Comparator.comparingDouble(
          (Destination to) -> to.delays().mean())
      .reversed()
      .thenComparing(Destination::airport);

  /** The flights that go to one place. */
  public record Destination(String airport, Delays delays) {}

  static AirportDelays of(OriginFlights group) {
    Destination worst =
        group.flights().stream().collect(groupingBy(Flight::destination)).entrySet().stream()
            .filter(to -> to.getValue().size() >= MIN_FLIGHTS_TO_DESTINATION)
            .map(to -> new Destination(to.getKey(), Delays.of(to.getValue())))
            .min(WORST_FIRST)
            .orElse(null);
    return new AirportDelays(group.origin(), Delays.of(group.flights()), worst);
  }

  public int flights() {
    return delays.flights();
  }

  /** The mean delay in minutes. */
  public double mean() {
    return delays.mean();
  }

  /** Whether there are enough flights for the mean to say something. */
  boolean isRanked() {
    return flights() >= Ranking.MIN_FLIGHTS;
  }
}
