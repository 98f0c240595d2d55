package dev.duraflow.testkit;

import static dev.duraflow.testkit.ContractRun.record;
import static dev.duraflow.testkit.ContractRun.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Payload;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} has to do, as JUnit tests: a store's test class implements this interface, says how to connect to its
 * place, and inherits the tests.
 *
 * {@snippet :
 * final class MyStoreTest implements StoreContract {
 *     @TempDir
 *     Path directory;
 *
 *     @Override
 *     public Store connect() {
 *         return new MyStore(directory);
 *     }
 * }
 * }
 *
 * <p>The tests cannot pull a plug or kill the process; that what is saved survives either is for the store's own tests. Nor do
 * they see another process: they connect twice instead. Times need to be kept to the microsecond, as databases do.
 *
 * <p>The assertions are those of AssertJ.
 */
public interface StoreContract {
  /**
   * A connection to the place of this test. The first one of a test finds the place empty; later ones find what is there, as
   * other processes would, and there may be several at a time. (JUnit makes an instance of the class for each test, so a
   * {@code @TempDir} field or a field with a random name will do.)
   */
  Store connect();

  /** How many records the test of many records saves; fewer for a store that takes milliseconds for each. */
  default int manyRecords() {
    return 10_000;
  }

  private ContractRun open(String runId) {
    return open(connect(), runId);
  }

  private static ContractRun open(Store store, String runId) {
    return new ContractRun(store.open(runId));
  }

  @Test
  default void open_newRun_isEmpty() {
    try (ContractRun run = open("run")) {
      assertThat(run.find("a")).isEmpty();
    }
  }

  @Test
  default void find_afterSave_isWhatWasSaved() throws IOException {
    try (ContractRun run = open("run")) {
      List<TaskRecord> records = List.of(
          record("output", 1, bytes("\"5\"")),
          record(
              "keys",
              TaskRecord.Kind.KEYS,
              "java.util.List<java.lang.String>",
              1,
              bytes("[\"a\"]")),
          record("untyped", TaskRecord.Kind.OUTPUT, null, Integer.MAX_VALUE, bytes("null")),
          record("empty", 2, bytes("")),
          record("binary", 3, Payload.of(new byte[] {0, -1, 10, 13, 0x1a, 34, 92, -128, 127})));
      records.forEach(run::save);
      for (TaskRecord record : records) {
        run.assertHolds(record);
      }
    }
  }

  @Test
  default void find_inALaterConnection_isWhatWasSaved() throws IOException {
    TaskRecord record = record("a", 7, bytes("\"5\""));
    try (Store store = connect();
        ContractRun run = open(store, "run")) {
      run.save(record);
      run.save("b", "1");
      run.save("b", "2");
    }
    try (Store store = connect();
        ContractRun run = open(store, "run")) {
      run.assertHolds(record);
      assertThat(run.text("b")).isEqualTo("2");
      assertThat(run.find("c")).isEmpty();
    }
  }

  @Test
  default void payload_ofManyBytes_isKept() throws IOException {
    byte[] bytes = new byte[8 * 1024 * 1024];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31 + i / 997);
    }
    TaskRecord record = record("large", 1, Payload.of(bytes));
    try (ContractRun run = open("run")) {
      run.save(record);
      run.assertHolds(record);
    }
    try (ContractRun run = open("run")) {
      run.assertHolds(record);
    }
  }

  @Test
  default void payload_canBeReadAgain() throws IOException {
    try (ContractRun run = open("run")) {
      run.save("a", "12345");
      Payload payload = run.find("a").orElseThrow().payload();
      for (int i = 0; i < 2; i++) {
        try (InputStream in = payload.open()) {
          assertThat(in.readNBytes(3)).isEqualTo("123".getBytes(UTF_8));
        }
        assertThat(payload.bytes()).isEqualTo("12345".getBytes(UTF_8));
      }
    }
  }

  @Test
  default void save_bytesChangedAfterwards_keepsWhatWasSaved() {
    byte[] bytes = "before".getBytes(UTF_8);
    try (ContractRun run = open("run")) {
      run.save(record("a", 1, Payload.of(bytes)));
      bytes[0] = 'X';
      assertThat(run.text("a")).isEqualTo("before");
    }
  }

  @Test
  default void save_payloadGoneAfterwards_keepsWhatWasSaved() {
    AtomicBoolean gone = new AtomicBoolean();
    try (ContractRun run = open("run")) {
      run.save(record("a", 1, new Payload() {
        @Override
        public long size() {
          return 4;
        }

        @Override
        public InputStream open() throws IOException {
          if (gone.get()) {
            throw new IOException("gone");
          }
          return new ByteArrayInputStream("here".getBytes(UTF_8));
        }
      }));
      gone.set(true);
      assertThat(run.text("a")).isEqualTo("here");
    }
  }

  @Test
  default void save_payloadThatCannotBeRead_failsAndLeavesTheEarlierRecord() throws IOException {
    Payload unreadable = new Payload() {
      @Override
      public long size() {
        return 4;
      }

      @Override
      public InputStream open() throws IOException {
        throw new IOException("unreadable");
      }
    };
    TaskRecord earlier = record("a", 1, bytes("earlier"));
    try (ContractRun run = open("run")) {
      run.save(earlier);
      assertThatThrownBy(() -> run.save(record("a", 2, unreadable)))
          .hasStackTraceContaining("unreadable");
      assertThatThrownBy(() -> run.save(record("b", 1, unreadable)))
          .hasStackTraceContaining("unreadable");
      run.assertHolds(earlier);
      assertThat(run.find("b")).isEmpty();
      run.save("b", "now");
    }
    try (ContractRun run = open("run")) {
      run.assertHolds(earlier);
      assertThat(run.text("b")).isEqualTo("now");
    }
  }

  @Test
  default void save_again_replacesTheWholeRecord() throws IOException {
    TaskRecord longer = record("a", TaskRecord.Kind.KEYS, "a.Type", 1, bytes("a longer payload"));
    TaskRecord shorter = record("a", TaskRecord.Kind.OUTPUT, null, 2, bytes("short"));
    for (TaskRecord record : List.of(longer, shorter, longer)) {
      try (ContractRun run = open("run")) {
        run.save(record);
        run.assertHolds(record);
      }
    }
    try (ContractRun run = open("run")) {
      run.assertHolds(longer);
    }
  }

  @Test
  default void save_awkwardTaskIds_eachHasItsRecord() {
    List<String> ids = AwkwardIds.all();
    try (ContractRun run = open("run")) {
      ids.forEach(id -> assertThat(run.find(id)).isEmpty());
      ids.forEach(id -> run.save(id, "payload of " + id));
      ids.forEach(id -> assertThat(run.text(id)).isEqualTo("payload of " + id));
    }
    try (ContractRun run = open("run")) {
      for (String id : ids) {
        assertThat(run.text(id)).isEqualTo("payload of " + id);
        assertThat(run.find(id).orElseThrow().taskId()).isEqualTo(id);
      }
    }
  }

  @Test
  default void open_awkwardRunIds_eachIsARunOfItsOwn() {
    List<String> ids = AwkwardIds.all();
    for (String id : ids) {
      try (ContractRun run = open(id)) {
        assertThat(run.find("a")).isEmpty();
        run.save("a", "payload of " + id);
      }
    }
    for (String id : ids) {
      try (ContractRun run = open(id)) {
        assertThat(run.text("a")).isEqualTo("payload of " + id);
      }
    }
  }

  @Test
  default void open_severalRuns_doNotSeeEachOther() {
    try (Store store = connect();
        ContractRun one = open(store, "one");
        ContractRun other = open(store, "other")) {
      one.save("a", "1");
      assertThat(other.find("a")).isEmpty();
      other.save("a", "2");
      assertThat(one.text("a")).isEqualTo("1");
    }
  }

  @Test
  default void open_runThatIsHeld_isRefusedAndNamesTheHolder() {
    try (Store store = connect();
        ContractRun owner = open(store, "nightly")) {
      for (Store again : List.of(store, connect())) {
        RunLockedException refusal =
            catchThrowableOfType(RunLockedException.class, () -> again.open("nightly"));
        assertThat(refusal).isNotNull();
        assertThat(refusal.runId()).isEqualTo("nightly");
        assertThat(refusal.holder().pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(refusal.holder().host()).isNotBlank();
        assertThat(refusal.holder().since()).isNotNull();
      }
      owner.save("a", "still the owner");
      open(store, "another").close();
    }
  }

  @Test
  default void close_freesTheRun_andOnlyOnce() {
    Store store = connect();
    ContractRun first = open(store, "run");
    first.close();
    first.close();
    ContractRun second = open(connect(), "run");
    first.close();
    assertThatThrownBy(() -> store.open("run")).isInstanceOf(RunLockedException.class);
    second.close();
    open(store, "run").close();
  }

  @Test
  default void save_afterClose_isRefused() {
    Store store = connect();
    ContractRun old = open(store, "run");
    old.save("a", "1");
    old.close();
    assertThatThrownBy(() -> old.save("a", "2")).isInstanceOf(StoreException.class);
    try (ContractRun run = open(store, "run")) {
      assertThatThrownBy(() -> old.save("a", "2")).isInstanceOf(StoreException.class);
      assertThatThrownBy(() -> old.save("b", "2")).isInstanceOf(StoreException.class);
      assertThat(run.text("a")).isEqualTo("1");
      assertThat(run.find("b")).isEmpty();
    }
  }

  @Test
  default void find_afterClose_answersForWhatWasRecorded() {
    ContractRun run = open("run");
    run.save("a", "1");
    run.close();
    assertThat(run.text("a")).isEqualTo("1");
    assertThat(run.find("b")).isEmpty();
  }

  @Test
  default void save_manyRecordsFromManyThreads_allAreFound() {
    int records = manyRecords();
    Store store = connect();
    try (ContractRun run = open(store, "run")) {
      Threads.run(8, thread -> {
        for (int i = thread; i < records; i += 8) {
          run.save("task[" + i + "]", "payload " + i);
          assertThat(run.text("task[" + i + "]")).isEqualTo("payload " + i);
        }
      });
    }
    try (ContractRun run = open(store, "run")) {
      for (int i = 0; i < records; i++) {
        assertThat(run.text("task[" + i + "]")).isEqualTo("payload " + i);
      }
      assertThat(run.find("task[" + records + "]")).isEmpty();
    }
  }

  @Test
  default void save_oneTaskFromManyThreads_leavesOneWholeRecord() {
    try (ContractRun run = open("run")) {
      Threads.run(8, thread -> {
        for (int i = 0; i < 10; i++) {
          int attempt = 1 + thread * 10 + i;
          run.save(record("a", attempt, bytes("attempt " + attempt)));
        }
      });
      TaskRecord found = run.find("a").orElseThrow();
      assertThat(text(found)).isEqualTo("attempt " + found.attempt());
    }
  }

  /** A payload that was found may be gone when it is read, if the record was replaced; then that is said. */
  @Test
  default void find_whileTheRecordIsReplaced_neverMixesRecords() {
    AtomicBoolean done = new AtomicBoolean();
    try (ContractRun run = open("run")) {
      run.save(record("a", 1, bytes("attempt 1")));
      Threads.run(3, thread -> {
        if (thread == 0) {
          try {
            for (int attempt = 2; attempt <= 100; attempt++) {
              run.save(record("a", attempt, bytes("attempt " + attempt)));
            }
          } finally {
            done.set(true);
          }
        }
        while (!done.get()) {
          TaskRecord found = run.find("a").orElseThrow();
          try {
            assertThat(text(found)).isEqualTo("attempt " + found.attempt());
          } catch (StoreException e) {
            assertThat(e).isNotInstanceOf(CorruptRecordException.class);
          }
        }
      });
      assertThat(run.text("a")).isEqualTo("attempt 100");
    }
  }

  /** The part of the promise about the order of records that shows while the process lives. */
  @Test
  default void durations_areThoseKeptLast_orNone() {
    try (Store store = connect()) {
      Map<String, Duration> first = Map.of("a", Duration.ofSeconds(1), "gone", Duration.ZERO);
      store.keepDurations("dag", first);
      boolean keeps = !store.durations("dag").isEmpty();
      for (String dagName : List.of("dag", "Dag", "other/dag é", "d".repeat(5_000))) {
        Map<String, Duration> kept = Map.of(
            "a",
            Duration.ofNanos(1_500_000),
            "b[\"x\"] é",
            Duration.ofDays(1_000),
            dagName,
            Duration.ofMinutes(1));
        store.keepDurations(dagName, kept);
        try (Store later = connect()) {
          assertThat(later.durations(dagName)).isEqualTo(keeps ? kept : Map.of());
        }
      }
      assertThat(store.durations("none")).isEmpty();
      store.keepDurations("dag", Map.of());
      assertThat(store.durations("dag")).isEmpty();
    }
  }

  @Test
  default void save_manyWithoutWaiting_noneIsDoneBeforeAnEarlierOneIsFound() {
    ConcurrentLinkedQueue<String> early = new ConcurrentLinkedQueue<>();
    try (ContractRun run = open("run")) {
      List<CompletableFuture<Void>> stages = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        int last = i;
        stages.add(run.run()
            .save(record("task-" + i, "" + i))
            .thenRun(() -> IntStream.rangeClosed(0, last)
                .filter(earlier -> run.find("task-" + earlier).isEmpty())
                .forEach(earlier -> early.add(last + " before " + earlier)))
            .toCompletableFuture());
      }
      CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new))
          .orTimeout(60, TimeUnit.SECONDS)
          .join();
    }
    assertThat(early).isEmpty();
  }

  private static Payload bytes(String text) {
    return Payload.of(text.getBytes(UTF_8));
  }
}
