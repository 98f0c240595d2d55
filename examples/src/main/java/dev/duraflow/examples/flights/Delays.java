package dev.duraflow.examples.flights;

import java.util.List;

/**
 * How late some flights arrive, in minutes, negative when early.
 *
 * @param flights how many there are, at least one
 * @param median the middle delay, or half-way between the two in the middle
 * @param percentile90 the smallest delay that 90 % of the flights do not exceed
 * @param lateShare the share of flights that are more than 15 minutes late, 0 to 1
 */
public record Delays(int flights, double mean, double median, int percentile90, double lateShare) {

  static Delays of(List<Flight> flights) {
    int[] sorted = flights.stream().mapToInt(Flight::delay).sorted().toArray();
    int count = sorted.length;
    if (count == 0) {
      throw new IllegalArgumentException("no flights have no mean delay");
    }
    long sum = 0;
    int late = 0;
    for (int delay : sorted) {
      sum += delay;
      late += delay > 15 ? 1 : 0;
    }
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
    int nine = (count * 9 + 9) / 10;
    return new Delays(count, (double) sum / count, median, sorted[nine - 1], (double) late / count);
  }
}
