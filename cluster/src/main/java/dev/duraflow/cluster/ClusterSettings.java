package dev.duraflow.cluster;

import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may be set of a {@link ClusterEngine} and a {@link ClusterWorker}. Immutable. All processes of a cluster should have the same.
 *
 * @param schema the schema that holds the tables; null for the one in which the connections create theirs
 * @param threads how many bodies a worker calls at once
 * @param sweep how often everybody looks for what no notification told of. A notification is lost when its connection breaks; so
 *     this is how much later something may happen then.
 * @param heartbeat how often a worker gives a sign of life for each invocation that it performs; after six that are missing it
 *     is taken for dead, and another worker begins anew
 * @param shutdown how long {@link ClusterWorker#close()} waits for bodies before it interrupts them and leaves them to others
 */
public record ClusterSettings(
    @Nullable String schema, int threads, Duration sweep, Duration heartbeat, Duration shutdown) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");
  private static final Duration SHORTEST = Duration.ofMillis(50);

  public ClusterSettings {
    if (schema != null && !NAME.matcher(schema).matches()) {
      throw new IllegalArgumentException(
          "a schema's name must be of letters, digits and '_': '" + schema + "'");
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be >= 1: " + threads);
    }
    if (sweep.compareTo(SHORTEST) < 0 || heartbeat.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException("sweep and heartbeat must be at least "
          + SHORTEST.toMillis() + " ms: " + sweep + ", " + heartbeat);
    }
    if (shutdown.isNegative()) {
      throw new IllegalArgumentException("shutdown must not be negative: " + shutdown);
    }
  }

  /** No schema of their own, 10 threads, a sweep each second, a heartbeat every 2 s, 10 s to shut down. */
  public static ClusterSettings defaults() {
    return new ClusterSettings(
        null, 10, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(10));
  }

  public ClusterSettings withSchema(String name) {
    return new ClusterSettings(name, threads, sweep, heartbeat, shutdown);
  }

  public ClusterSettings withThreads(int count) {
    return new ClusterSettings(schema, count, sweep, heartbeat, shutdown);
  }

  public ClusterSettings withSweep(Duration interval) {
    return new ClusterSettings(schema, threads, interval, heartbeat, shutdown);
  }

  public ClusterSettings withHeartbeat(Duration interval) {
    return new ClusterSettings(schema, threads, sweep, interval, shutdown);
  }

  public ClusterSettings withShutdown(Duration limit) {
    return new ClusterSettings(schema, threads, sweep, heartbeat, limit);
  }

  /** A table's name as it stands in statements. */
  String table(String name) {
    return schema == null ? name : schema + "." + name;
  }
}
