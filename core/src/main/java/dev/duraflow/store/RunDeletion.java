package dev.duraflow.store;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;

/**
 * Deletes runs: gives the directory a name that is no run's, and then takes its time. What a crash leaves under such a name goes
 * with the next run that is deleted.
 */
final class RunDeletion {
  private static final String PREFIX = ".deleted-";
  /** Where a directory with an open file in it keeps its name. */
  private static final boolean OPEN_FILES_PIN = File.separatorChar == '\\';

  private final RunDirectories directories;
  private final Clock clock;

  RunDeletion(RunDirectories directories, Clock clock) {
    this.directories = directories;
    this.clock = clock;
  }

  /**
   * Deletes a run; false if there was none.
   *
   * @param salt tells this deletion from others
   */
  boolean delete(String runId, long salt) throws IOException {
    Path directory = directories.find(runId);
    boolean found = directory != null && Files.exists(directory.resolve(JournalStore.JOURNAL));
    if (directory != null && found) {
      moveAway(directory, runId, directories.root().resolve(PREFIX + Long.toHexString(salt)));
    }
    try (DirectoryStream<Path> deleted =
        Files.newDirectoryStream(directories.root(), PREFIX + "*")) {
      for (Path each : deleted) {
        deleteTree(each);
      }
    }
    return found;
  }

  private void moveAway(Path directory, String runId, Path away) throws IOException {
    Disk disk = directories.disk();
    RunLock ownership = RunLock.acquire(directory.resolve(JournalStore.LOCK), runId, clock);
    try (ownership) {
      if (OPEN_FILES_PIN) {
        ownership.close(); // who takes it now pins it as well, and the move fails
      }
      disk.move(directory, away);
      disk.sync(directories.root());
    }
  }

  private void deleteTree(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
        for (Path child : children) {
          deleteTree(child);
        }
      } catch (NoSuchFileException e) {
        return; // somebody else deletes it too
      }
    }
    directories.disk().delete(path);
  }
}
