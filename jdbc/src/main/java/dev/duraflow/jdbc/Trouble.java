package dev.duraflow.jdbc;

import dev.duraflow.error.StoreException;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a database's errors mean, and what of them may be told. */
final class Trouble {
  private static final Pattern URL = Pattern.compile("jdbc:\\S+");
  private static final Pattern USER_IN_URL = Pattern.compile("://[^/\\s@]+@|[^/\\s@:]+:[^/\\s@]+@");
  private static final Pattern SECRET = Pattern.compile(
      "(?i)\\b(password|passwd|pwd|passphrase|secret|token)(\\s*[=:]\\s*)[^\\s&;,)]+");

  /** PostgreSQL's word for a right that is missing. */
  private static final String DENIED = "42501";

  /** SQLite's primary result codes. */
  private static final int BUSY = 5;

  private static final int LOCKED = 6;

  private Trouble() {}

  /** Whether the same may go well a moment later: the server is restarted, the network is down, somebody else was first. */
  static boolean isPassing(SQLException e) {
    if (e instanceof SQLTransientException || e instanceof SQLRecoverableException) {
      return true;
    }
    String state = e.getSQLState();
    if (state == null) {
      return e.getCause() instanceof InterruptedException;
    }
    return state.startsWith("08") // connection
        || state.startsWith("40") // deadlock, serialization
        || state.startsWith("57P0") // shutdown, crash, start
        || state.equals("53300") // too many connections
        || state.equals("25006") // this server only reads, as one does that is about to take over
        || isBusy(e);
  }

  /** Whether SQLite has another writer. */
  static boolean isBusy(SQLException e) {
    int code = e.getErrorCode() & 0xff;
    return (code == BUSY || code == LOCKED) && e.getClass().getName().startsWith("org.sqlite.");
  }

  /** @param doing as it goes on after "cannot" */
  static StoreException failure(String doing, SQLException e) {
    SQLException told = tellable(e);
    String state = e.getSQLState();
    return new StoreException(
        "cannot " + doing + ": " + told.getMessage()
            + (state == null ? "" : " (SQLSTATE " + state + ")")
            + (DENIED.equals(state)
                ? "; have the right granted to the role: docs/formats.md lists those that are needed"
                : "; see that the database can be reached and its tables are there, and try again"),
        told);
  }

  /** The exception itself, or one without what a driver should not have put into it. */
  static SQLException tellable(SQLException e) {
    if (isTellable(e, Collections.newSetFromMap(new IdentityHashMap<>()))) {
      return e;
    }
    SQLException told = new SQLException(
        without(String.valueOf(e.getMessage())), e.getSQLState(), e.getErrorCode());
    told.setStackTrace(e.getStackTrace());
    return told;
  }

  /** What a pool threw that had no connection to give: as a failure of the database, which it is. */
  static SQLException noConnection(RuntimeException e) {
    String state = e.getCause() instanceof SQLException cause ? cause.getSQLState() : null;
    return tellable(new SQLException(String.valueOf(e.getMessage()), state, e));
  }

  private static boolean isTellable(@Nullable Throwable e, Set<Throwable> seen) {
    if (e == null || !seen.add(e)) {
      return true;
    }
    String message = e.getMessage();
    if (message != null && !message.equals(without(message))) {
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

  /** A text without URLs of databases, which may hold passwords, and without passwords. */
  static String without(String text) {
    String noUrl = URL.matcher(text).replaceAll("jdbc:...");
    String noUser = USER_IN_URL.matcher(noUrl).replaceAll("...@");
    return SECRET.matcher(noUser).replaceAll("$1$2...");
  }
}
