package dev.duraflow.testkit;

import dev.duraflow.store.Store;

/** Without a fault it is as good as the store that it is around. */
final class FaultyStoreContractTest implements StoreContract {
  private final Store store = Store.inMemory();

  @Override
  public Store connect() {
    return FaultyStore.over(store);
  }
}
