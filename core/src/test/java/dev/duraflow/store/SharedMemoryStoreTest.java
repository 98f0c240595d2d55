package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.duraflow.error.RunLostException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Owner and guests of one run. */
final class SharedMemoryStoreTest {
  private final SharedStore store = Store.inMemory();

  private static TaskRecord record(String taskId, String text) {
    return new TaskRecord(
        taskId,
        TaskRecord.Kind.OUTPUT,
        "java.lang.String",
        "json",
        1,
        Instant.EPOCH,
        Instant.EPOCH,
        Payload.of(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String text(OpenRun run, String taskId) throws IOException {
    return new String(
        run.findShared(taskId).orElseThrow().payload().bytes(), StandardCharsets.UTF_8);
  }

  @Test
  void epoch_growsWithEveryOwner() {
    long first;
    try (OpenRun run = store.open("run")) {
      first = run.epoch();
    }
    try (OpenRun run = store.open("run")) {
      assertThat(run.epoch()).isGreaterThan(first);
    }
  }

  @Test
  void guestsRecord_isSeenByItsOwner() throws IOException {
    try (OpenRun run = store.open("run");
        OpenRun guest = store.join("run", run.epoch())) {
      guest.save(record("a", "1")).toCompletableFuture().join();

      assertThat(text(run, "a")).isEqualTo("1");
    }
  }

  @Test
  void guestsRecord_doesNotReplaceWhatIsThere() throws IOException {
    try (OpenRun run = store.open("run");
        OpenRun guest = store.join("run", run.epoch())) {
      run.save(record("a", "1")).toCompletableFuture().join();
      guest.save(record("a", "2")).toCompletableFuture().join();

      assertThat(text(guest, "a")).isEqualTo("1");
    }
  }

  @Test
  void guestOfAnEarlierOwner_isRefused() {
    OpenRun run = store.open("run");
    OpenRun guest = store.join("run", run.epoch());
    run.close();
    try (OpenRun next = store.open("run")) {
      assertThatThrownBy(() -> guest.save(record("a", "1"))).isInstanceOf(RunLostException.class);
      assertThatThrownBy(() -> store.join("run", run.epoch())).isInstanceOf(RunLostException.class);
      assertThat(next.find("a")).isEmpty();
    }
  }

  @Test
  void guestOfARunThatIsClosed_isRefused() {
    OpenRun run = store.open("run");
    OpenRun guest = store.join("run", run.epoch());
    run.close();

    assertThatThrownBy(() -> guest.save(record("a", "1"))).isInstanceOf(RunLostException.class);
  }

  @Test
  void guestThatLeaves_doesNotEndTheRun() {
    try (OpenRun run = store.open("run")) {
      store.join("run", run.epoch()).close();

      run.save(record("a", "1")).toCompletableFuture().join();
      assertThat(run.find("a")).isPresent();
    }
  }
}
