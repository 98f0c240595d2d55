package dev.duraflow.store;

import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.RunLockedException.Holder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The ownership of a run: a lock on a file, which the operating system takes back when the process ends, however it ends.
 *
 * <p>On POSIX systems a process loses its locks on a file with the first descriptor of that file that it closes. So a table says
 * what this process holds, by the file's identity and not by its path, and what it holds it never opens a second time; taking
 * and giving up happen under the table's monitor. On Windows locked bytes cannot be read by others; so the byte that is locked
 * lies far behind the {@linkplain OwnerNote note}.
 *
 * <p>Thread-safe. Interrupts have no effect on it.
 */
final class RunLock implements AutoCloseable {
  private static final long LOCKED_BYTE = 1 << 30;
  private static final int LOOKS = 1_000;
  private static final long NANOS_BETWEEN_LOOKS = 1_000_000;
  /** Between a store's clock and the times at which the operating system says that processes began. */
  private static final Duration CLOCK_ERROR = Duration.ofMinutes(1);

  /** What this process holds; guarded by itself. */
  private static final Map<Object, Holder> HELD = new HashMap<>();

  /** Files that must never be closed, see {@link #acquire}; guarded by {@link #HELD}. */
  private static final List<RandomAccessFile> KEPT_OPEN = new ArrayList<>();

  private final RandomAccessFile file;
  private final Object identity;
  private final String runId;

  private RunLock(RandomAccessFile file, Object identity, String runId) {
    this.file = file;
    this.identity = identity;
    this.runId = runId;
  }

  /**
   * Takes a run or fails at once.
   *
   * @throws RunLockedException if it is held, by another process or by this one
   * @throws NoSuchFileException if it has just been deleted
   */
  static RunLock acquire(Path path, String runId, Clock clock) throws IOException {
    synchronized (HELD) {
      Object identity = identity(path);
      Holder here = HELD.get(identity);
      if (here != null) {
        throw new RunLockedException(runId, here);
      }
      RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
      boolean keepOpen = false;
      try {
        Holder me = Holder.here(clock.instant());
        byte[] note =
            new OwnerNote(runId, me).encoded(); // before, so that nobody has to wait for it
        if (file.getChannel().tryLock(LOCKED_BYTE, 1, false) == null) {
          throw new RunLockedException(runId, holder(file, path));
        }
        if (!identity.equals(identityIfThere(path))) {
          throw new NoSuchFileException(path.toString()); // whoever deletes a run holds it
        }
        OwnerNote.write(note, file);
        HELD.put(identity, me);
        keepOpen = true;
        return new RunLock(file, identity, runId);
      } catch (OverlappingFileLockException e) {
        // This class loaded a second time holds it, with a table of its own, and would lose it.
        keepOpen = KEPT_OPEN.add(file);
        throw new RunLockedException(runId, holder(file, path));
      } finally {
        if (!keepOpen) {
          file.close();
        }
      }
    }
  }

  @Override
  public void close() {
    synchronized (HELD) {
      if (!file.getChannel().isOpen()) {
        return;
      }
      try (file) {
        HELD.remove(identity);
        OwnerNote.write(new OwnerNote(runId, null).encoded(), file);
      } catch (IOException e) {
        // A full disk may leave the content wrong, but the lock is gone with the file.
      }
    }
  }

  /**
   * Who holds a run, asked without taking it even for a moment, so that nobody who wants it is turned away; null if nobody does.
   * A holder on another host that has died is named until somebody else has taken the run.
   */
  static @Nullable Holder holderOf(Path path) throws IOException {
    synchronized (HELD) {
      Object identity = identityIfThere(path);
      Holder here = identity == null ? null : HELD.get(identity);
      if (identity == null || here != null) {
        return here;
      }
      RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
      boolean keepOpen = false;
      try {
        Holder named = OwnerNote.holder(file);
        if (named == null || isDead(named)) {
          return null;
        }
        // This class loaded a second time holds it, see above.
        keepOpen = isThisProcess(named) && KEPT_OPEN.add(file);
        return named;
      } finally {
        if (!keepOpen) {
          file.close();
        }
      }
    }
  }

  /** Creates the file if it is missing and tells it from all others, whatever the path. */
  private static Object identity(Path path) throws IOException {
    try {
      Files.createFile(path);
    } catch (FileAlreadyExistsException e) {
      // as it should be, but for the first time
    }
    return keyOf(path);
  }

  private static @Nullable Object identityIfThere(Path path) throws IOException {
    try {
      return keyOf(path);
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private static Object keyOf(Path path) throws IOException {
    Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    return key != null ? key : path.toRealPath();
  }

  /**
   * Who holds a file that could not be locked. The holder may have locked it and not yet written; then the content is that of
   * a dead one or none, and a few more looks will do.
   */
  private static Holder holder(RandomAccessFile file, Path path) throws IOException {
    Holder holder = null;
    for (int look = 0; look < LOOKS; look++) {
      holder = OwnerNote.holder(file);
      if (holder != null && !isDead(holder)) {
        return holder;
      }
      LockSupport.parkNanos(NANOS_BETWEEN_LOOKS);
    }
    Instant touched = Files.getLastModifiedTime(path).toInstant();
    return holder != null ? holder : new Holder("(unknown)", 0, touched);
  }

  /** A process that began later than the holder took the run only has the same id. */
  private static boolean isDead(Holder holder) {
    Instant latestStart = holder.since().plus(CLOCK_ERROR);
    return holder.isOnThisHost()
        && ProcessHandle.of(holder.pid())
            .flatMap(process -> process.info().startInstant().or(() -> Optional.of(Instant.MIN)))
            .map(start -> start.isAfter(latestStart))
            .orElse(true);
  }

  private static boolean isThisProcess(Holder holder) {
    return holder.isOnThisHost() && holder.pid() == ProcessHandle.current().pid();
  }
}
