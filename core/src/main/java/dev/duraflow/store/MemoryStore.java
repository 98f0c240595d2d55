package dev.duraflow.store;

import dev.duraflow.error.RunLockedException;
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
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Keeps encoded records in maps: all that a store does, but for outliving the process. */
final class MemoryStore implements Store {
  private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

  private final Map<String, StoredRun> runs = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Duration>> durations = new ConcurrentHashMap<>();
  private final Clock clock;

  MemoryStore(Clock clock) {
    this.clock = clock;
  }

  private static final class StoredRun {
    final Map<String, TaskRecord> records = new ConcurrentHashMap<>();
    final AtomicReference<@Nullable Owner> owner = new AtomicReference<>();
  }

  @Override
  public OpenRun open(String runId) {
    StoredRun run = runs.computeIfAbsent(runId, id -> new StoredRun());
    Owner candidate = new Owner(run, runId, clock.instant());
    Owner holder = run.owner.compareAndExchange(null, candidate);
    if (holder != null) {
      throw new RunLockedException(
          runId,
          new RunLockedException.Holder("localhost", ProcessHandle.current().pid(), holder.since));
    }
    return candidate;
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

    Owner(StoredRun run, String runId, Instant since) {
      this.run = run;
      this.runId = runId;
      this.since = since;
    }

    @Override
    public Optional<TaskRecord> find(String taskId) {
      return Optional.ofNullable(run.records.get(taskId));
    }

    @Override
    public CompletionStage<Void> save(TaskRecord record) {
      if (run.owner.get() != this) {
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

    @Override
    public void close() {
      run.owner.compareAndSet(this, null);
    }
  }
}
