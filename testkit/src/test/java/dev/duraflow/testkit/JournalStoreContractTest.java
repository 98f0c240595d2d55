package dev.duraflow.testkit;

import dev.duraflow.store.Store;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class JournalStoreContractTest implements StoreContract {
  @TempDir
  Path directory;

  @Override
  public Store connect() {
    return Store.journal(directory);
  }
}
