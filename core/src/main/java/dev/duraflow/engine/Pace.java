package dev.duraflow.engine;

/** How quick a helper is at its tasks. Used by one thread. */
final class Pace {
  /** Seldom enough not to matter beside a task, and a few microseconds of tiny ones. */
  private static final int TASKS_BETWEEN_LOOKS = 64;

  private int calls;
  private int claims;
  private int ranAtLook;
  private long lookedAt;

  /** A task was taken of which nobody else knew: {@link Initial} gives each worker its own. */
  void countClaim() {
    claims++;
  }

  /**
   * Whether the last tasks were so small that to share them costs more than it brings. To be asked for every task; most times it
   * does not look, and says no.
   *
   * @param ran how many tasks the helper has given an output to
   */
  boolean isTiny(int ran) {
    if (++calls % TASKS_BETWEEN_LOOKS != 0) {
      return false;
    }
    long now = System.nanoTime();
    int done = ran - ranAtLook;
    boolean isQuick = lookedAt != 0 && now - lookedAt < (long) Crew.TINY_NANOS * done;
    boolean shares = claims < done / 2;
    lookedAt = now;
    ranAtLook = ran;
    claims = 0;
    return isQuick && shares;
  }
}
