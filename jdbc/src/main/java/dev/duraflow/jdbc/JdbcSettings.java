package dev.duraflow.jdbc;

import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may be set of a {@link JdbcStore}. Immutable.
 *
 * @param schema the schema that holds the tables; null for the one in which the connections create theirs. SQLite has none.
 * @param lease how long a run stays its owner's without a sign of life. The owner gives one three times as often. A process that
 *     was killed blocks its runs for as long.
 * @param migration what to do about tables that are missing or old
 */
public record JdbcSettings(@Nullable String schema, Duration lease, Migration migration) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");
  private static final Duration SHORTEST_LEASE = Duration.ofMillis(300);

  /** What a store does about tables that are missing or old when it is opened. */
  public enum Migration {
    /** Creates and changes them. That needs the right to, once; then no more than the rights of a worker. */
    APPLY,
    /** Refuses to open; {@link JdbcStore#pendingMigrations} says what has to be done. */
    REFUSE
  }

  public JdbcSettings {
    if (schema != null && !NAME.matcher(schema).matches()) {
      throw new IllegalArgumentException(
          "a schema's name must be of letters, digits and '_': '" + schema + "'");
    }
    if (lease.compareTo(SHORTEST_LEASE) < 0) {
      throw new IllegalArgumentException(
          "lease must be at least " + SHORTEST_LEASE.toMillis() + " ms: " + lease);
    }
  }

  /** No schema of their own, a lease of 15 s, migrations applied. */
  public static JdbcSettings defaults() {
    return new JdbcSettings(null, Duration.ofSeconds(15), Migration.APPLY);
  }

  public JdbcSettings withSchema(String name) {
    return new JdbcSettings(name, lease, migration);
  }

  public JdbcSettings withLease(Duration length) {
    return new JdbcSettings(schema, length, migration);
  }

  public JdbcSettings withMigration(Migration choice) {
    return new JdbcSettings(schema, lease, choice);
  }
}
