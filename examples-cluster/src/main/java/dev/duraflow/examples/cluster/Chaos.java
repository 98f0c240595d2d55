package dev.duraflow.examples.cluster;

import dev.duraflow.event.Progress;
import java.util.Random;
import java.util.function.Consumer;

/** Kills a worker after every so many tasks, of which nobody knows how many. Called by one thread at a time, as a run does it. */
final class Chaos implements Consumer<Progress> {
  private static final int LEAST = 20;
  private static final int MOST = 70;

  private final Fleet fleet;
  private final Random random = new Random();
  private int countdown = next();

  Chaos(Fleet fleet) {
    this.fleet = fleet;
  }

  @Override
  public void accept(Progress progress) {
    if (progress.reused() || --countdown > 0) {
      return;
    }
    if (fleet.kill(random)) {
      countdown = next();
    }
  }

  private int next() {
    return LEAST + random.nextInt(MOST - LEAST + 1);
  }
}
