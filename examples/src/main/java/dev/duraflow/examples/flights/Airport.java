package dev.duraflow.examples.flights;

/** An airport and where it lies: degrees, north and east positive. City and state are {@code NA} where unknown. */
public record Airport(
    String iata,
    String name,
    String city,
    String state,
    String country,
    double latitude,
    double longitude) {

  /** The town it serves, as people write it: {@code New York, NY}; its own name where the town is unknown. */
  public String place() {
    return city.equals("NA") ? name : city + ", " + state;
  }

  /** The great-circle distance in statute miles. */
  double milesTo(Airport other) {
    double earthRadius = 3958.8;
    double south = StrictMath.toRadians(latitude);
    double north = StrictMath.toRadians(other.latitude);
    double rise = StrictMath.sin((north - south) / 2);
    double turn = StrictMath.sin(StrictMath.toRadians(other.longitude - longitude) / 2);
    double haversine = rise * rise + StrictMath.cos(south) * StrictMath.cos(north) * turn * turn;
    return 2 * earthRadius * StrictMath.asin(Math.sqrt(haversine));
  }
}
