package dev.duraflow.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.kagkarlsson.scheduler.serializer.Serializer;
import com.github.kagkarlsson.scheduler.task.TaskDescriptor;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import dev.duraflow.codec.Codec;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.remote.Invocation;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Invocations as db-scheduler keeps them: an id that says which they are, and JSON. */
final class Invocations {
  static final String TASK_NAME = "duraflow";

  static final TaskDescriptor<Invocation> TASK = TaskDescriptor.of(TASK_NAME, Invocation.class);

  /** Instead of db-scheduler's own, which lets what is in the table choose a class. */
  static final Serializer SERIALIZER = new Json();

  private static final int SHOWN = 200;

  private Invocations() {}

  /** The same for equal invocations; of fixed length, whatever the ids of runs and tasks are. */
  static String id(Invocation invocation) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(json(invocation));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  static byte[] json(Invocation invocation) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try {
      Codec.json().encode(invocation, TypeRef.of(Invocation.class), json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return json.toByteArray();
  }

  /**
   * What is in a row.
   *
   * @throws RuntimeException if that is no invocation
   */
  static Invocation of(TaskInstance<Invocation> row) {
    Invocation found = row.getData();
    if (found == null || isPartly(found)) {
      throw new IllegalArgumentException(
          "it holds " + (found == null ? "nothing" : "a part of one, " + found));
    }
    return found;
  }

  /** JSON may leave out what no program does. */
  private static boolean isPartly(Invocation found) {
    return Stream.of(
            found.runId(), found.factory(), found.parameters(), found.fingerprint(), found.taskId())
        .anyMatch(Objects::isNull);
  }

  /** The beginning of a text that anybody may have written, in one line. */
  static String shown(String text) {
    return text.substring(0, Math.min(text.length(), SHOWN)).replaceAll("\\p{C}", "?");
  }

  private static final class Json implements Serializer {
    @Override
    public byte @Nullable [] serialize(@Nullable Object data) {
      return data == null ? null : json((Invocation) data);
    }

    @Override
    public <T> @Nullable T deserialize(Class<T> type, byte @Nullable [] json) {
      if (json == null) {
        return null;
      }
      try {
        return type.cast(
            Codec.json().decode(new ByteArrayInputStream(json), TypeRef.of(Invocation.class)));
      } catch (IOException e) {
        String begin = new String(json, 0, Math.min(json.length, SHOWN), UTF_8);
        throw new UncheckedIOException("it begins with " + shown(begin), e);
      }
    }
  }
}
