package dev.duraflow.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * One figure of duraflow, and the same of its peers.
 *
 * @param n how many tasks, or runs, the figure of duraflow was taken over; a slow peer may be measured over fewer
 * @param peers at least one
 */
record Comparison(
    String name, int n, Unit unit, Target target, Contender duraflow, List<Contender> peers) {

  /** One result a peer. */
  List<Result> measure(Effort effort) throws Exception {
    List<Contender> contenders = new ArrayList<>();
    contenders.add(duraflow);
    contenders.addAll(peers);
    List<Spread> spreads = Timing.interleaved(effort, contenders);
    Spread own = spreads.get(0);
    double figureToReach = target.given(spreads.get(1));
    List<Result> results = new ArrayList<>();
    for (int i = 1; i < contenders.size(); i++) {
      results.add(
          new Result(name, n, unit, own, contenders.get(i).name(), spreads.get(i), figureToReach));
    }
    return results;
  }
}
