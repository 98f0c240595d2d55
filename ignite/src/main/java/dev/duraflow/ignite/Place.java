package dev.duraflow.ignite;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;

/** A server node, and what is known of its worker. The dispatcher's, in its thread. */
final class Place {
  final UUID node;
  /** What was sent there and has not ended, given up or not. */
  final Set<UnderWay> held = new LinkedHashSet<>();

  /** Of its worker; 0 if it has none. */
  int threads;

  /** It was asked for its threads and has not answered. */
  boolean isAsked;

  /** It has not answered since the sweep before: perhaps it is dead and nobody has noticed. */
  boolean isSilent;

  Place(UUID node) {
    this.node = node;
  }

  int free() {
    return isSilent ? 0 : threads - held.size();
  }
}
