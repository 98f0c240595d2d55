package dev.duraflow.store;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What came out when everything that is held of a run was compared with its checksums.
 *
 * @param records how many records are intact, those of replaced outputs included
 * @param damages what is not as it was written, in the order of the journal; empty if all is well
 */
public record Verification(String runId, int records, List<Damage> damages) {
  public Verification {
    damages = List.copyOf(damages);
  }

  public boolean isIntact() {
    return damages.isEmpty();
  }

  /**
   * Something that is not as it was written.
   *
   * @param file where it is
   * @param position of the first byte that cannot be told to be right
   * @param size of the part that cannot be, in bytes
   * @param taskId the task whose record is lost by it; empty if that cannot be told
   * @param problem what is wrong
   */
  public record Damage(
      Path file, long position, long size, Optional<String> taskId, String problem) {
    @Override
    public String toString() {
      return file + ", " + size + " bytes at " + position
          + taskId.map(id -> ", task '" + id + "'").orElse("") + ": " + problem;
    }
  }
}
