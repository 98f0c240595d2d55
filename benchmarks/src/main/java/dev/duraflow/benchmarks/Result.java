package dev.duraflow.benchmarks;

/** What came out, beside one peer. A comparison with two peers gives two results, alike but for the peer. */
record Result(
    String name, long n, Unit unit, Spread value, String peer, Spread peerValue, double target) {

  /** Above 1, duraflow is better than the peer. */
  double ratio() {
    return unit.ratio(value.median(), peerValue.median());
  }

  boolean isMet() {
    return unit.meets(value.median(), target);
  }
}
