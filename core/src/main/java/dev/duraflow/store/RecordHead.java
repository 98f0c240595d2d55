package dev.duraflow.store;

import java.nio.charset.StandardCharsets;

/**
 * What stands in the frame of a record before its payload.
 *
 * @param behindShape where the number of the shape ends
 * @param started in nanoseconds since the journal was created
 * @param elapsed in nanoseconds
 */
record RecordHead(
    int shape, int behindShape, long started, long elapsed, int idStart, int idLength) {
  /** Reads from behind the type to behind the task id. */
  static RecordHead read(Bytes in) {
    int shape = (int) in.getVarint();
    int behindShape = in.position;
    long started = in.getSigned();
    long elapsed = in.getSigned();
    int idLength = (int) in.getVarint();
    int idStart = in.position;
    in.position += idLength;
    return new RecordHead(shape, behindShape, started, elapsed, idStart, idLength);
  }

  /**
   * The task's id.
   *
   * @param in the same as was read
   */
  String taskId(Bytes in) {
    return new String(in.array, idStart, idLength, StandardCharsets.UTF_8);
  }
}
