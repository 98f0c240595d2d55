package dev.duraflow.examples.flights;

/**
 * The conic projection of Albers, on which equal areas of the earth are equal areas of the map (Snyder, <i>Map
 * Projections: A Working Manual</i>, section 14; the earth taken as a sphere). Angles are in degrees.
 *
 * <p>{@code StrictMath} gives the same digits on every machine, and so the same picture.
 *
 * @param south the first of the two parallels that keep their length
 * @param north the second
 * @param latitude of the map's origin
 * @param longitude of the map's origin
 */
record Albers(double south, double north, double latitude, double longitude) {

  /** A place on the map in radii of the earth: x to the east, y to the south, as pictures count. */
  record Point(double x, double y) {}

  Point project(double latitude, double longitude) {
    double angle = cone() * StrictMath.toRadians(longitude - this.longitude);
    double radius = radius(latitude);
    return new Point(
        radius * StrictMath.sin(angle), radius * StrictMath.cos(angle) - radius(this.latitude));
  }

  private double cone() {
    return (sin(south) + sin(north)) / 2;
  }

  private double radius(double latitude) {
    double cosine = StrictMath.cos(StrictMath.toRadians(south));
    return Math.sqrt(cosine * cosine + 2 * cone() * (sin(south) - sin(latitude))) / cone();
  }

  private static double sin(double degrees) {
    return StrictMath.sin(StrictMath.toRadians(degrees));
  }
}
