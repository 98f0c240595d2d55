package dev.duraflow.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a run that has ended left in its store, by task, in the order in which it became durable.
 *
 * @param run to decode with
 */
record Outputs(Dag dag, Run run, Map<String, Output> all) {
  /** A record's payload. */
  static final class Output {
    private final TaskRecord.Kind kind;
    private final byte[] bytes;

    Output(TaskRecord.Kind kind, byte[] bytes) {
      this.kind = kind;
      this.bytes = bytes;
    }
  }

  static Outputs of(Life life, Store store, Collection<String> taskIds) {
    Map<String, Output> all = new LinkedHashMap<>();
    try (OpenRun open = store.open(life.run().id())) {
      for (String taskId : taskIds) {
        Optional<TaskRecord> record = open.find(taskId);
        if (record.isPresent()) {
          all.put(taskId, new Output(record.get().kind(), record.get().payload().bytes()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Outputs(life.dag(), life.run(), all);
  }

  /**
   * Whether a task has the same output in both: the same bytes, or other bytes of an equal value, as the elements of a set in
   * another order.
   */
  boolean isSame(String taskId, Outputs other) {
    Output mine = all.get(taskId);
    Output others = other.all.get(taskId);
    if (mine == null || others == null) {
      return mine == others;
    }
    if (mine.kind != others.kind) {
      return false;
    }
    return Arrays.equals(mine.bytes, others.bytes)
        || (mine.kind == TaskRecord.Kind.OUTPUT && isSameValue(taskId, other));
  }

  private boolean isSameValue(String taskId, Outputs other) {
    TypeRef<?> type = type(taskId);
    if (type == null) {
      return false;
    }
    Optional<?> mine = run.find(taskId, type);
    Optional<?> others = other.run.find(taskId, type);
    // Both hold values: of a codec that has several spellings of null nobody has heard.
    return mine.isPresent() && others.isPresent() && Objects.deepEquals(mine.get(), others.get());
  }

  /** The declared type; null if the record is not that of a declared task. */
  private @Nullable TypeRef<?> type(String taskId) {
    Optional<Task<?>> task = dag.find(taskId);
    if (task.isPresent()) {
      return task.get().type();
    }
    for (Task<?> each : dag.tasks()) {
      if (each instanceof MapTask<?, ?> map && taskId.startsWith(map.id() + "[")) {
        return map.elementType();
      }
    }
    return null;
  }

  /** A task's output as text, cut to what is of interest where it differs from another one. */
  String text(String taskId, Outputs other) {
    Output output = all.get(taskId);
    if (output == null) {
      return "no record";
    }
    Output others = other.all.get(taskId);
    byte[] otherBytes = others == null ? output.bytes : others.bytes;
    int difference = Arrays.mismatch(output.bytes, otherBytes);
    return (output.kind == TaskRecord.Kind.KEYS ? "keys " : "")
        + excerpt(new String(output.bytes, UTF_8), difference);
  }

  private static String excerpt(String text, int around) {
    int length = 200;
    int from = text.length() <= length ? 0 : Math.max(0, Math.min(around, text.length()) - 60);
    int to = Math.min(text.length(), from + length);
    return (from > 0 ? "... " : "")
        + text.substring(from, to)
        + (to < text.length() ? " ... (" + text.length() + " characters)" : "");
  }
}
