package dev.duraflow.store;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long the tasks of DAGs took, in a file for each DAG: a JSON object of task ids and microseconds. It is replaced as a whole,
 * and not synced: what is lost is learnt again.
 */
final class DurationFiles {
  /** No run is called so: the names of runs have no dot. */
  private static final String NAME = ".durations";

  private final Path directory;

  /** @param root where the runs are */
  DurationFiles(Path root) {
    this.directory = root.resolve(NAME);
  }

  Map<String, Duration> read(String dagName) {
    Map<String, Duration> durations = new HashMap<>();
    try {
      byte[] json = Files.readAllBytes(path(dagName));
      SmallJson.decode(json, json.length).forEach((taskId, micros) -> {
        if (micros instanceof Number number && number.longValue() >= 0) {
          durations.put(taskId, Duration.ofNanos(Math.multiplyExact(number.longValue(), 1_000)));
        }
      });
      return durations;
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IllegalArgumentException | ArithmeticException damaged) {
      return Map.of();
    } catch (IOException e) {
      throw new StoreException(
          "cannot read how long tasks of DAG '" + dagName + "' took: " + FileStore.reason(e)
              + "; see that " + path(dagName) + " can be read, or delete it",
          e);
    }
  }

  void write(String dagName, Map<String, Duration> durations) {
    Map<String, @Nullable Object> micros = new LinkedHashMap<>();
    durations.forEach((taskId, duration) -> micros.put(taskId, duration.toNanos() / 1_000));
    try {
      Files.createDirectories(directory);
      Path part = Files.createTempFile(directory, ".part", "");
      try {
        Files.write(part, SmallJson.encode(micros));
        Files.move(
            part,
            path(dagName),
            StandardCopyOption.REPLACE_EXISTING,
            StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw new StoreException(
          "cannot keep how long tasks of DAG '" + dagName + "' took: " + FileStore.reason(e)
              + "; see that " + directory + " can be written to",
          e);
    }
  }

  private Path path(String dagName) {
    return directory.resolve(FileNames.plain(dagName));
  }
}
