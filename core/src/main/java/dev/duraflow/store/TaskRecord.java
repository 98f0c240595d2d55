package dev.duraflow.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a store holds of a finished task: the encoded output and how it came to be.
 *
 * @param type the declared output type as {@link dev.duraflow.dag.TypeRef#toString()} writes it; null if the record was written
 *     by another program that keeps no types
 * @param codec the name of the codec that wrote the payload
 * @param attempt the attempt that succeeded, from 1
 * @param startedAt when the body was called
 * @param finishedAt when it had returned
 */
public record TaskRecord(
    String taskId,
    Kind kind,
    @Nullable String type,
    String codec,
    int attempt,
    Instant startedAt,
    Instant finishedAt,
    Payload payload) {

  /** What the payload is. */
  public enum Kind {
    /** The output of a task. */
    OUTPUT,
    /** The keys of a map, a list of strings; the outputs are the records of its elements. */
    KEYS
  }
}
