package dev.duraflow.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.error.StoreException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

final class TroubleTest {
  private static String printed(Throwable e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  @Test
  void failure_ofADriverThatTellsItsUrl_doesNotTellIt() {
    for (String message : List.of(
        "cannot parse jdbc:postgresql://db/x?user=me&password=hunter2",
        "no route to postgres://me:hunter2@db:5432/x",
        "unknown host me:hunter2@db",
        "login failed: Password = hunter2")) {
      SQLException first = new SQLException("failed", "08001", new RuntimeException(message));
      SQLException next = new SQLException("failed", "08001");
      next.setNextException(new SQLException(message));
      SQLException suppressed = new SQLException("failed", "08001");
      suppressed.addSuppressed(new SQLException(message));
      for (SQLException e :
          List.of(new SQLException(message, "08001", 7), first, next, suppressed)) {
        StoreException told = Trouble.failure("save", e);
        assertThat(printed(told)).doesNotContain("hunter2").contains("cannot save");
        assertThat(told).hasCauseInstanceOf(SQLException.class);
        assertThat(((SQLException) told.getCause()).getSQLState()).isEqualTo("08001");
      }
    }
  }

  @Test
  void failure_ofAnotherKind_keepsItsCause() {
    SQLException e = new SQLException("relation does not exist", "42P01");
    assertThat(Trouble.failure("save", e)).hasCause(e).hasMessageContaining("42P01");
  }

  @Test
  void on_aServerThatIsNotThere_failsWithoutTellingThePassword() {
    PGSimpleDataSource nowhere = new PGSimpleDataSource();
    nowhere.setUrl("jdbc:postgresql://localhost:1/none?user=me&password=hunter2");
    StoreException e = catchThrowableOfType(StoreException.class, () -> JdbcStore.on(nowhere));
    assertThat(e).isNotNull().hasMessageContaining("cannot open the store");
    assertThat(printed(e)).doesNotContain("hunter2");
  }

  /** It makes its connections when it is first asked for one, and then names a URL without a driver. */
  @Test
  void on_aPoolWithAWrongUrl_failsWithoutTellingIt() {
    try (HikariDataSource pool = new HikariDataSource()) {
      pool.setJdbcUrl("jdbc:postgres://me:hunter2@localhost/x");
      StoreException e = catchThrowableOfType(StoreException.class, () -> JdbcStore.on(pool));
      assertThat(e).isNotNull().hasMessageContaining("cannot open the store");
      assertThat(printed(e)).doesNotContain("hunter2");
    }
  }
}
