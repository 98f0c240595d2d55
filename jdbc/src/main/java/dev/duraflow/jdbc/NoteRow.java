package dev.duraflow.jdbc;

import dev.duraflow.store.RunNote;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A note that is to be written. Immutable. */
final class NoteRow {
  static final String BEGAN = "BEGAN";
  static final String FAILED = "FAILED";
  static final String ENDED = "ENDED";

  final RunNote note;
  /** As that of a record. */
  final long saveId;
  /** Of a beginning, unless the one before had the same. */
  final byte @Nullable [] graph;

  NoteRow(RunNote note, long saveId, byte @Nullable [] graph) {
    this.note = note;
    this.saveId = saveId;
    this.graph = graph;
  }

  String kind() {
    return note instanceof Began ? BEGAN : note instanceof AttemptFailed ? FAILED : ENDED;
  }

  long notedAt() {
    Instant at = note instanceof Began began
        ? began.at()
        : note instanceof AttemptFailed failed ? failed.finishedAt() : ((Ended) note).at();
    return Micros.of(at);
  }

  @Nullable
  AttemptFailed failed() {
    return note instanceof AttemptFailed failed ? failed : null;
  }

  @Nullable
  Began began() {
    return note instanceof Began began ? began : null;
  }

  @Nullable
  Ended ended() {
    return note instanceof Ended ended ? ended : null;
  }

  /** Databases keep no character 0. */
  static String text(String failure) {
    return failure.indexOf(0) < 0 ? failure : failure.replace('\0', '\ufffd');
  }
}
