package dev.duraflow.jdbc;

import dev.duraflow.store.TaskRecord;
import org.jspecify.annotations.Nullable;

/** A record that is to be written. Immutable. */
final class RecordRow {
  final Id task;
  final Head head;
  /** Empty if the payload is in chunks. */
  final byte[] payload;

  RecordRow(Id task, Head head, byte[] payload) {
    this.task = task;
    this.head = head;
    this.payload = payload;
  }

  /**
   * What is held of a record beside its id and its payload.
   *
   * @param saveId a random number that stands for the save: it names the chunks, tells whether a record is still the one that was
   *     found, and whether a save whose answer was lost had been done
   * @param chunks how many hold the payload; 0 if it is in the record's row
   */
  record Head(
      long saveId,
      TaskRecord.Kind kind,
      @Nullable String type,
      String codec,
      int attempt,
      long startedAt,
      long finishedAt,
      long size,
      int crc32c,
      int chunks) {

    static Head of(TaskRecord record, long saveId, long size, int crc32c, int chunks) {
      return new Head(
          saveId,
          record.kind(),
          record.type(),
          record.codec(),
          record.attempt(),
          Micros.of(record.startedAt()),
          Micros.of(record.finishedAt()),
          size,
          crc32c,
          chunks);
    }

    TaskRecord toRecord(String taskId, StoredPayloads payloads) {
      return new TaskRecord(
          taskId,
          kind,
          type,
          codec,
          attempt,
          Micros.toInstant(startedAt),
          Micros.toInstant(finishedAt),
          payloads.of(taskId, this));
    }
  }
}
