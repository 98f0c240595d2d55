package dev.duraflow.testkit;

import static dev.duraflow.testkit.ContractRun.record;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import java.time.Clock;
import org.junit.jupiter.api.Test;

final class KeyValueStoreTest implements StoreContract {
  private final KeyValueService service = new KeyValueService();

  @Override
  public Store connect() {
    return new KeyValueStore(service.connect(), Clock.systemUTC());
  }

  @Test
  void save_afterTheSessionEnded_isRefusedAndTheNewOwnerGoesOn() {
    KeyValueService.Session session = service.connect();
    OpenRun zombie = new KeyValueStore(session, Clock.systemUTC()).open("run");
    zombie.save(record("a", "1"));
    session.expire();
    try (OpenRun run = connect().open("run")) {
      assertThat(run.find("a")).isPresent();
      assertThatThrownBy(() -> zombie.save(record("a", "2")))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("taken over");
      zombie.close();
      run.save(record("b", "1"));
    }
  }
}
