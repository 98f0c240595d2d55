package dev.duraflow.examples.flights;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Airports by their codes.
 *
 * @param byCode in the order of the codes
 */
public record Airports(Map<String, Airport> byCode) {

  static Airports of(List<Airport> airports) {
    Map<String, Airport> byCode = new TreeMap<>();
    airports.forEach(airport -> byCode.put(airport.iata(), airport));
    return new Airports(byCode);
  }

  /**
   * The airport with the code.
   *
   * @throws NoSuchElementException if there is none
   */
  public Airport get(String code) {
    return find(code)
        .orElseThrow(() -> new NoSuchElementException("no airport has the code " + code));
  }

  Optional<Airport> find(String code) {
    return Optional.ofNullable(byCode.get(code));
  }

  /** All of them, in the order of their codes. */
  Collection<Airport> all() {
    return byCode.values();
  }
}
