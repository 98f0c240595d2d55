package dev.duraflow.examples.cluster;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.cluster.ClusterSettings;
import dev.duraflow.examples.flights.FlightsDag;
import dev.duraflow.jdbc.JdbcSettings;
import dev.duraflow.remote.DagFactory;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What all processes of the cluster have in common. */
final class Cluster {
  /** The DAGs that workers know. */
  static final List<DagFactory<?>> DAGS = List.of(FlightsDag.FACTORY);

  /** A demo that was killed and comes again waits for no longer than this. */
  static final JdbcSettings STORE = JdbcSettings.defaults().withLease(Duration.ofSeconds(5));

  /** So that what a killed worker had begun is begun anew after 3 s. */
  static final ClusterSettings WORK =
      ClusterSettings.defaults().withHeartbeat(Duration.ofMillis(500));

  private Cluster() {}

  /** Connections to a PostgreSQL, made when they are needed. User and password may be in the URL instead. */
  static HikariDataSource pool(
      String url, @Nullable String user, @Nullable String password, int size) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword(password);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(0);
    // Whoever asks for a connection says best what is wrong.
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }
}
