package dev.duraflow.ignite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.error.RemoteTaskException.Advice;
import dev.duraflow.remote.Invocation;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a worker says to a request.
 *
 * @param threads how many it has, if that was asked
 * @param message of a failure
 * @param body what a failed body threw
 */
record Answer(
    Kind kind,
    int threads,
    @Nullable String message,
    @Nullable Body body) {
  enum Kind {
    DONE,
    /** The body failed. */
    FAILED,
    /** Nothing came of it for another reason, and the run decides whether to try again. */
    REFUSED,
    /** Nothing came of it here, so another worker is to perform it. */
    ELSEWHERE
  }

  record Body(Advice advice, String type, String stack) {}

  Answer {
    Objects.requireNonNull(kind);
  }

  static Answer done() {
    return new Answer(Kind.DONE, 0, null, null);
  }

  static Answer threads(int count) {
    return new Answer(Kind.DONE, count, null, null);
  }

  static Answer elsewhere(String reason) {
    return new Answer(Kind.ELSEWHERE, 0, encodable(reason), null);
  }

  static Answer refused(String reason) {
    return new Answer(Kind.REFUSED, 0, encodable(reason), null);
  }

  static Answer failed(RemoteTaskException e) {
    return new Answer(
        Kind.FAILED,
        0,
        encodable(e.failureMessage()),
        new Body(e.advice(), e.failureType(), encodable(e.failureText())));
  }

  /** JSON has no place for half a surrogate pair. */
  private static String encodable(String text) {
    return new String(text.getBytes(UTF_8), UTF_8);
  }

  /** @throws IllegalArgumentException if it is none */
  static Answer of(String text) {
    return Json.read(text, Answer.class);
  }

  String text() {
    return Json.write(this, Answer.class);
  }

  String reason() {
    return message == null ? "" : message;
  }

  /** What an invocation has failed with; null if it has not. */
  @Nullable
  DuraflowException failure(Invocation invocation) {
    if (kind == Kind.DONE) {
      return null;
    }
    return body == null
        ? new PlacementException(invocation.taskId(), invocation.runId(), reason(), null)
        : new RemoteTaskException(
            invocation.taskId(), body.type, reason(), body.stack, body.advice);
  }
}
