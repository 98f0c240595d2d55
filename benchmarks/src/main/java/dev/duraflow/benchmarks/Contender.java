package dev.duraflow.benchmarks;

/** One side of a comparison. */
record Contender(String name, Sampler sampler) {
  /** Prepares, measures, tidies up, and answers one figure. */
  @FunctionalInterface
  interface Sampler {
    double sample() throws Exception;
  }

  /** A contender whose sampler answers the nanoseconds that one task, or one run, took. */
  static Contender timed(String name, Unit unit, Sampler nanosEach) {
    return new Contender(name, () -> unit.of(nanosEach.sample()));
  }

  double sample() throws Exception {
    return sampler.sample();
  }
}
