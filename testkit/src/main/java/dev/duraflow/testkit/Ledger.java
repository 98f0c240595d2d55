package dev.duraflow.testkit;

import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Keeps a list of what another store has acknowledged. Thread-safe. */
final class Ledger implements Store {
  private final Store store;
  private final Map<String, TaskRecord.Kind> durable =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private volatile @Nullable Durability durability;

  Ledger(Store store) {
    this.store = store;
  }

  /** What is durable now, by task, in the order of the acknowledgements. */
  Map<String, TaskRecord.Kind> durable() {
    synchronized (durable) {
      return Collections.unmodifiableMap(new LinkedHashMap<>(durable));
    }
  }

  /** Whether a run was opened that does not wait for its records. */
  boolean isPipelined() {
    return durability == Durability.PIPELINED;
  }

  @Override
  public OpenRun open(String runId) {
    return around(store.open(runId));
  }

  @Override
  public OpenRun open(String runId, Durability chosen) {
    durability = chosen;
    return around(store.open(runId, chosen));
  }

  private OpenRun around(OpenRun run) {
    return new RunAround(run) {
      @Override
      CompletionStage<Void> save(TaskRecord record, Saving saving) {
        TaskRecord.Kind kind = record.kind();
        CompletionStage<Void> saved = saving.save(record);
        return saved.thenRun(() -> durable.put(record.taskId(), kind));
      }
    };
  }

  @Override
  public void close() {
    store.close();
  }
}
