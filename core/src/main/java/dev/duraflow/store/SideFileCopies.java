package dev.duraflow.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Set;

/**
 * Copies large payloads from the side files of one run to those of another, each once.
 *
 * @param to takes payloads of every size into files
 */
record SideFileCopies(SideFiles from, SideFiles to, Set<String> copied) {
  SideFileCopies(SideFiles from, SideFiles to) {
    this(from, to, new HashSet<>());
  }

  /**
   * Copies the payload of a record; it is on stable storage when this returns.
   *
   * @throws dev.duraflow.error.CorruptRecordException if it is not what was written
   */
  void copy(String taskId, Beside beside) throws IOException {
    if (copied.contains(beside.name())) {
      return;
    }
    try (PayloadSink sink = to.sink();
        InputStream in = from.payload(taskId, beside).open()) {
      in.transferTo(sink);
      sink.finish();
    }
    copied.add(beside.name());
  }
}
