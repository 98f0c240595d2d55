package dev.duraflow.cluster;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLTransientConnectionException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The caller's data source, for all who log what it throws, db-scheduler among them. Pools and drivers that cannot connect may tell
 * how they tried, with a password; of such a failure nothing is told but its class and SQLSTATE. What a connection throws later
 * holds none. Thread-safe if the caller's is.
 */
final class TellableSource implements DataSource {
  private static final Pattern SECRET = Pattern.compile(
      "(?i)jdbc:|://" + "|\\b(password|passwd|pwd|passphrase|secret|token)\\s*[=:]|:[^\\s@/]+@");

  private final DataSource source;

  TellableSource(DataSource source) {
    this.source = source;
  }

  private interface Opening {
    Connection open() throws SQLException;
  }

  private static Connection told(Opening opening) throws SQLException {
    try {
      return opening.open();
    } catch (SQLException | RuntimeException e) {
      if (isTellable(e, Collections.newSetFromMap(new IdentityHashMap<>()))) {
        throw e;
      }
      String state = e instanceof SQLException sql ? sql.getSQLState() : null;
      String message = "no connection to the database: " + e.getClass().getName()
          + (state == null ? "" : " (SQLSTATE " + state + ")")
          + "; what it says is left out, since there is a URL or a password in it";
      throw e instanceof SQLTransientConnectionException
          ? new SQLTransientConnectionException(message, state)
          : new SQLException(message, state);
    }
  }

  private static boolean isTellable(@Nullable Throwable e, Set<Throwable> seen) {
    if (e == null || !seen.add(e)) {
      return true;
    }
    String message = e.getMessage();
    if (message != null && SECRET.matcher(message).find()) {
      return false;
    }
    for (Throwable suppressed : e.getSuppressed()) {
      if (!isTellable(suppressed, seen)) {
        return false;
      }
    }
    return isTellable(e.getCause(), seen)
        && (!(e instanceof SQLException sql) || isTellable(sql.getNextException(), seen));
  }

  @Override
  public Connection getConnection() throws SQLException {
    return told(source::getConnection);
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return told(() -> source.getConnection(user, password));
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return source.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    source.setLogWriter(out);
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    source.setLoginTimeout(seconds);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return source.getLoginTimeout();
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return source.getParentLogger();
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return source.unwrap(type);
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return source.isWrapperFor(type);
  }
}
