package dev.duraflow.testkit;

import dev.duraflow.TaskWorker;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.Store;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;

final class InProcessEngineContractTest implements TaskEngineContract {
  private final SharedStore store = Store.inMemory();
  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final TaskWorker worker = TaskWorker.on(store, TaskEngineContract.factories());
  private final TaskEngine engine = worker.inProcess(threads);

  @AfterEach
  void close() {
    threads.shutdownNow();
    worker.close();
  }

  @Override
  public SharedStore store() {
    return store;
  }

  @Override
  public TaskEngine engine() {
    return engine;
  }
}
