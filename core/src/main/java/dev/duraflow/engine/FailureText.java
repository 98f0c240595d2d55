package dev.duraflow.engine;

import dev.duraflow.error.RemoteTaskException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * A failure as text, to be kept and shown: class and message of the throwable and of its causes, each with the first lines of
 * its stack trace. It looks like a printed stack trace, but has a limited size, whatever the messages and the depth.
 */
final class FailureText {
  private static final int MAX_LENGTH = 16_000;
  private static final int MAX_MESSAGE = 2_000;
  private static final int MAX_FRAMES = 30;

  private FailureText() {}

  static String of(Throwable failure) {
    StringBuilder text = new StringBuilder();
    // Causes may go round in a circle.
    Set<Throwable> told = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable t = failure;
        t != null && told.add(t) && text.length() < MAX_LENGTH;
        t = t.getCause()) {
      text.append(t == failure ? "" : "Caused by: ");
      append(text, t);
      for (Throwable suppressed : t.getSuppressed()) {
        if (told.add(suppressed) && text.length() < MAX_LENGTH) {
          text.append("Suppressed: ");
          append(text, suppressed);
        }
      }
    }
    return cut(text.toString().stripTrailing(), MAX_LENGTH);
  }

  /** The message alone, in which a codec finds nothing that it cannot encode; empty if there is none. */
  static String message(Throwable failure) {
    String message;
    try {
      message = failure.getMessage();
    } catch (RuntimeException | StackOverflowError e) { // of the user's
      return "";
    }
    return message == null ? "" : encodable(cut(message, MAX_MESSAGE));
  }

  private static String encodable(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static void append(StringBuilder text, Throwable t) {
    if (t
        instanceof RemoteTaskException remote) { // what happened there, not where it was told here
      text.append(remote.failureText().stripTrailing()).append('\n');
      return;
    }
    text.append(cut(said(t), MAX_MESSAGE)).append('\n');
    StackTraceElement[] trace = t.getStackTrace();
    for (int i = 0; i < Math.min(trace.length, MAX_FRAMES); i++) {
      text.append("\tat ").append(trace[i]).append('\n');
    }
    if (trace.length > MAX_FRAMES) {
      text.append("\t... ").append(trace.length - MAX_FRAMES).append(" more\n");
    }
  }

  private static String said(Throwable t) {
    try {
      return t.toString();
    } catch (RuntimeException | StackOverflowError e) { // a getMessage() of the user's
      return t.getClass().getName();
    }
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length) + "...";
  }
}
