package dev.duraflow.ignite;

import dev.duraflow.remote.Invocation;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What an engine asks a worker for. */
record Request(Verb verb, @Nullable Invocation invocation) {
  enum Verb {
    /** Say how many threads you have. */
    COUNT_THREADS,
    PERFORM,
    GIVE_UP
  }

  Request {
    Objects.requireNonNull(verb);
    if (verb != Verb.COUNT_THREADS) {
      Objects.requireNonNull(invocation);
    }
  }

  static Request countThreads() {
    return new Request(Verb.COUNT_THREADS, null);
  }

  static Request perform(Invocation invocation) {
    return new Request(Verb.PERFORM, invocation);
  }

  static Request giveUp(Invocation invocation) {
    return new Request(Verb.GIVE_UP, invocation);
  }

  /** @throws IllegalArgumentException if it is none */
  static Request of(String text) {
    return Json.read(text, Request.class);
  }

  String text() {
    return Json.write(this, Request.class);
  }
}
