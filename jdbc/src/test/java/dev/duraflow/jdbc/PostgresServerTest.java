package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the other tests stand on. */
final class PostgresServerTest {
  @ParameterizedTest
  @ValueSource(ints = {14, 18})
  void server_syncsItsCommits(int version) throws SQLException {
    try (HikariDataSource pool =
            PostgresServer.pool(PostgresServer.shared(version).newDatabase(), 1);
        Connection connection = pool.getConnection()) {
      assertThat(Dialect.queryText(connection, "show server_version")).startsWith(version + ".");
      assertThat(Dialect.queryText(connection, "show fsync")).isEqualTo("on");
      assertThat(Dialect.queryText(connection, "show synchronous_commit")).isEqualTo("on");
      assertThat(Dialect.queryText(connection, "show server_encoding")).isEqualTo("UTF8");
    }
  }
}
