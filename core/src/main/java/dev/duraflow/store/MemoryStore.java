package dev.duraflow.store;

import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.RunLostException;
import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Keeps encoded records in maps: all that a store does, but for outliving the process. */
final class MemoryStore implements SharedStore {
  private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

  private final Map<String, StoredRun> runs = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Duration>> durations = new ConcurrentHashMap<>();
  private final Clock clock;

  MemoryStore(Clock clock) {
    this.clock = clock;
  }

  private static final class StoredRun {
    final Map<String, TaskRecord> records = new ConcurrentHashMap<>();
    /** Changes in its monitor only, in which guests look at it when they save. */
    volatile @Nullable Owner owner;

    long epochs;
  }

  @Override
  public OpenRun open(String runId) {
    StoredRun run = runs.computeIfAbsent(runId, id -> new StoredRun());
    synchronized (run) {
      Owner holder = run.owner;
      if (holder != null) {
        throw new RunLockedException(
            runId,
            new RunLockedException.Holder(
                "localhost", ProcessHandle.current().pid(), holder.since));
      }
      Owner owner = new Owner(run, runId, clock.instant(), ++run.epochs);
      run.owner = owner;
      return owner;
    }
  }

  @Override
  public OpenRun join(String runId, long epoch) {
    Guest guest = new Guest(runs.computeIfAbsent(runId, id -> new StoredRun()), runId, epoch);
    guest.checkOwner();
    return guest;
  }

  @Override
  public Map<String, Duration> durations(String dagName) {
    return durations.getOrDefault(dagName, Map.of());
  }

  @Override
  public void keepDurations(String dagName, Map<String, Duration> learnt) {
    durations.put(dagName, Map.copyOf(learnt));
  }

  @Override
  public void close() {}

  private static final class Owner implements OpenRun {
    private final StoredRun run;
    private final String runId;
    private final Instant since;
    private final long epoch;

    Owner(StoredRun run, String runId, Instant since, long epoch) {
      this.run = run;
      this.runId = runId;
      this.since = since;
      this.epoch = epoch;
    }

    @Override
    public long epoch() {
      return epoch;
    }

    @Override
    public Optional<TaskRecord> find(String taskId) {
      return Optional.ofNullable(run.records.get(taskId));
    }

    @Override
    public CompletionStage<Void> save(TaskRecord record) {
      if (run.owner != this) {
        throw new StoreException(
            "run '" + runId + "' is closed; open it again to save task '" + record.taskId() + "'");
      }
      try {
        run.records.put(record.taskId(), withOwnBytes(record));
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
      return DONE;
    }

    @Override
    public void close() {
      synchronized (run) {
        if (run.owner == this) {
          run.owner = null;
        }
      }
    }
  }

  private record Guest(StoredRun run, String runId, long epoch) implements OpenRun {
    @Override
    public Optional<TaskRecord> find(String taskId) {
      checkOwner();
      return Optional.ofNullable(run.records.get(taskId));
    }

    @Override
    public CompletionStage<Void> save(TaskRecord record) {
      try {
        TaskRecord own = withOwnBytes(record);
        synchronized (run) {
          checkOwner();
          run.records.putIfAbsent(record.taskId(), own);
        }
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
      return DONE;
    }

    void checkOwner() {
      Owner owner = run.owner;
      if (owner == null || owner.epoch != epoch) {
        throw new RunLostException(
            runId, "its owner number " + epoch + " has given it up, and a guest of it came later");
      }
    }

    @Override
    public void close() {}
  }

  private static TaskRecord withOwnBytes(TaskRecord r) throws IOException {
    Payload copy = Payload.of(r.payload().bytes().clone());
    return new TaskRecord(
        r.taskId(),
        r.kind(),
        r.type(),
        r.codec(),
        r.attempt(),
        r.startedAt(),
        r.finishedAt(),
        copy);
  }
}
