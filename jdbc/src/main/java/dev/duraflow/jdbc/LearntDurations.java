package dev.duraflow.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.TypeRef;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How long the tasks of DAGs took, in a row for each DAG: a JSON object of task ids and microseconds. Thread-safe. */
final class LearntDurations {
  private static final TypeRef<Map<String, Long>> MICROS = new TypeRef<>() {};

  private final String find;
  private final String keep;

  LearntDurations(Dialect dialect) {
    find = dialect.sql("select micros from {schema}duraflow_duration where dag = ?");
    keep = dialect.sql("""
        insert into {schema}duraflow_duration (dag, micros, changed_at) values (?, ?, {now})
        on conflict (dag) do update set micros = excluded.micros, changed_at = excluded.changed_at
        """);
  }

  Map<String, Duration> find(Connection connection, String dagName) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(find)) {
      statement.setString(1, Id.of(dagName).key());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? decoded(row.getString(1)) : Map.of();
      }
    }
  }

  void keep(Connection connection, String dagName, String micros) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(keep)) {
      statement.setString(1, Id.of(dagName).key());
      statement.setString(2, micros);
      statement.executeUpdate();
    }
  }

  static String encoded(Map<String, Duration> durations) {
    Map<String, Long> micros = new TreeMap<>();
    durations.forEach((taskId, taken) -> micros.put(taskId, taken.toNanos() / 1_000));
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try {
      Codec.json().encode(micros, MICROS, json);
    } catch (IOException e) {
      throw new AssertionError("text and numbers are JSON", e);
    }
    return json.toString(UTF_8);
  }

  /** What is damaged is as good as none. */
  private static Map<String, Duration> decoded(String json) {
    Map<String, Duration> durations = new HashMap<>();
    try (ByteArrayInputStream in = new ByteArrayInputStream(json.getBytes(UTF_8))) {
      if (Codec.json().decode(in, MICROS) instanceof Map<?, ?> object) {
        object.forEach((taskId, micros) -> put(durations, (String) taskId, (Long) micros));
      }
      return durations;
    } catch (IOException | RuntimeException damaged) {
      return Map.of();
    }
  }

  private static void put(Map<String, Duration> durations, String taskId, @Nullable Long micros) {
    if (micros != null && micros >= 0) {
      durations.put(taskId, Duration.of(micros, ChronoUnit.MICROS));
    }
  }
}
