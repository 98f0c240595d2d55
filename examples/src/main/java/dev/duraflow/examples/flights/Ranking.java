package dev.duraflow.examples.flights;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The airports by mean delay.
 *
 * @param ranked those with at least {@value #MIN_FLIGHTS} flights, the worst first, equals by code
 * @param unranked the others, by code
 */
public record Ranking(List<AirportDelays> ranked, List<AirportDelays> unranked) {

  /** How many flights an airport needs: the mean of fewer is chance. */
  static final int MIN_FLIGHTS = 30;

  private static final Comparator<AirportDelays> BY_CODE =
      Comparator.comparing(AirportDelays::airport);
  private static final Comparator<AirportDelays> WORST_FIRST =
      Comparator.comparingDouble(AirportDelays::mean).reversed().thenComparing(BY_CODE);

  static Ranking of(List<AirportDelays> delays) {
    return new Ranking(
        delays.stream().filter(AirportDelays::isRanked).sorted(WORST_FIRST).toList(),
        delays.stream().filter(airport -> !airport.isRanked()).sorted(BY_CODE).toList());
  }

  /** The worst {@code count} of the ranked, or all if they are fewer. */
  public List<AirportDelays> worst(int count) {
    return ranked.subList(0, Math.min(count, ranked.size()));
  }

  /** The ranked, then the unranked. */
  List<AirportDelays> all() {
    return Stream.concat(ranked.stream(), unranked.stream()).toList();
  }
}
