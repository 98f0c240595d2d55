package dev.duraflow.cluster;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a role must be allowed to do with the tables of a cluster; the statements that allow it stand in {@code docs/formats.md}.
 * It is asked for at the start: later, what is refused to db-scheduler would only be in its log, and runs would wait.
 */
final class Rights {
  private static final Pattern NAME = Pattern.compile("(\\w+)(?: \\((\\w+)\\))? on (\\w+)");

  static final Rights COORDINATOR = new Rights(
      "select on duraflow_cluster_schema",
      "select on duraflow_execution",
      "insert on duraflow_execution",
      "update (given_up) on duraflow_execution",
      "delete on duraflow_execution",
      "select on duraflow_failure",
      "delete on duraflow_failure");

  static final Rights WORKER = new Rights(
      "select on duraflow_cluster_schema",
      "select on duraflow_execution",
      "update (execution_time) on duraflow_execution",
      "update (picked) on duraflow_execution",
      "update (picked_by) on duraflow_execution",
      "update (last_success) on duraflow_execution",
      "update (last_failure) on duraflow_execution",
      "update (consecutive_failures) on duraflow_execution",
      "update (last_heartbeat) on duraflow_execution",
      "update (version) on duraflow_execution",
      "delete on duraflow_execution",
      "select on duraflow_failure",
      "insert on duraflow_failure",
      "update on duraflow_failure",
      "delete on duraflow_failure");

  /** PostgreSQL's word for a right that is missing. */
  private static final String DENIED = "42501";
  /** There is no schema to create in, as the role sees none. */
  private static final String NO_SCHEMA = "3F000";

  private static final String WAY_OUT =
      "; have who owns the schema make the tables, by a start of a ClusterEngine, and grant the rights"
          + " that docs/formats.md lists";

  private final List<Right> all;

  /** @param column null if it is a right on the whole table */
  private record Right(String privilege, @Nullable String column, String table) {
    /** Of its name, in the words of {@code grant}. */
    static Right of(String name) {
      Matcher parts = NAME.matcher(name);
      if (!parts.matches()) {
        throw new IllegalArgumentException("not a right: " + name);
      }
      return new Right(
          Objects.requireNonNull(parts.group(1)),
          parts.group(2),
          Objects.requireNonNull(parts.group(3)));
    }

    String name(ClusterSettings settings) {
      return privilege + (column == null ? "" : " (" + column + ")") + " on "
          + settings.table(table);
    }

    String question(ClusterSettings settings) {
      return column == null
          ? "has_table_privilege('" + settings.table(table) + "', '" + privilege + "')"
          : "has_column_privilege('" + settings.table(table) + "', '" + column + "', '" + privilege
              + "')";
    }
  }

  private Rights(String... names) {
    this.all = List.of(names).stream().map(Right::of).toList();
  }

  /** Says in words which of them the role of a connection lacks; null if none. */
  @Nullable
  String missing(Connection connection, ClusterSettings settings) throws SQLException {
    List<String> questions = new ArrayList<>();
    for (Right right : all) {
      questions.add(right.question(settings));
    }
    try (PreparedStatement statement =
            connection.prepareStatement("select current_user, " + String.join(", ", questions));
        ResultSet row = statement.executeQuery()) {
      row.next();
      List<String> missing = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        if (!row.getBoolean(i + 2)) {
          missing.add(all.get(i).name(settings));
        }
      }
      return missing.isEmpty()
          ? null
          : "role '" + row.getString(1) + "' lacks " + String.join(", ", missing)
              + "; docs/formats.md lists the rights that are to be granted";
    }
  }

  /** What to do about a failure, if it is for want of a right on something else than the tables. */
  static String wayOut(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return state.equals(DENIED) || state.equals(NO_SCHEMA) ? WAY_OUT : "";
  }

  static boolean isDenied(SQLException e) {
    return DENIED.equals(e.getSQLState());
  }
}
