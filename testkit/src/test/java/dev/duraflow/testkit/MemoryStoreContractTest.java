package dev.duraflow.testkit;

import dev.duraflow.store.Store;

/** One store for all connections of a test, since its place is the store itself. */
final class MemoryStoreContractTest implements StoreContract {
  private final Store store = Store.inMemory();

  @Override
  public Store connect() {
    return store;
  }
}
