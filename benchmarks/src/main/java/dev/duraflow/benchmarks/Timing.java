package dev.duraflow.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** Takes the samples of a comparison. */
final class Timing {
  private Timing() {}

  /**
   * Samples the contenders in turns, so that a machine that becomes slower does so for all of them. Before that each is warmed
   * up, by the very code that is measured.
   */
  static List<Spread> interleaved(Effort effort, List<Contender> contenders) throws Exception {
    for (Contender contender : contenders) {
      warmUp(contender, effort);
    }
    double[][] samples = new double[contenders.size()][effort.rounds()];
    for (int round = 0; round < effort.rounds(); round++) {
      for (int i = 0; i < samples.length; i++) {
        System.gc(); // nobody pays for another one's garbage
        samples[i][round] = contenders.get(i).sample();
      }
    }
    List<Spread> spreads = new ArrayList<>();
    for (double[] ofOne : samples) {
      spreads.add(Spread.of(ofOne));
    }
    return spreads;
  }

  private static void warmUp(Contender contender, Effort effort) throws Exception {
    long limit = effort.warmUp().toNanos();
    for (long start = System.nanoTime(); System.nanoTime() - start < limit; ) {
      contender.sample();
    }
  }
}
