package dev.duraflow.benchmarks;

/** The figure to reach, in the unit of its comparison. */
@FunctionalInterface
interface Target {
  /** The figure, given what the first peer of the comparison reached. */
  double given(Spread limit);

  static Target of(double figure) {
    return limit -> figure;
  }

  /** So many times as good as the comparison's first peer. */
  static Target ofLimit(double ratio, Unit unit) {
    return limit -> unit.atRatio(ratio, limit.median());
  }
}
