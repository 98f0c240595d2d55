package dev.duraflow.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.RunCancelledException;
import dev.duraflow.error.RunFailedException;
import dev.duraflow.error.RunLockedException;
import dev.duraflow.error.RunLostException;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Attempt;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.PayloadSink;
import dev.duraflow.store.RunHistory;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.RunSummary;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskGraph;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a shared store does beyond the contract of all stores, on every database. */
interface JdbcStoreContract {
  /** Connections to this test's own database. */
  DataSource dataSource();

  private JdbcStore store() {
    return JdbcStore.on(dataSource());
  }

  private JdbcStore store(Duration lease) {
    return JdbcStore.on(dataSource(), JdbcSettings.defaults().withLease(lease));
  }

  private static TaskRecord record(String taskId, String text) {
    return record(taskId, Payload.of(text.getBytes(UTF_8)));
  }

  private static TaskRecord record(String taskId, Payload payload) {
    Instant at = Instant.parse("2026-11-26T10:00:00Z");
    return new TaskRecord(
        taskId, TaskRecord.Kind.OUTPUT, "java.lang.String", "json", 1, at, at, payload);
  }

  private static void save(OpenRun run, TaskRecord record) {
    try {
      run.save(record).toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreException failure ? failure : e;
    }
  }

  /** Closes a run that is closed once more later. */
  private static void leave(OpenRun run) {
    run.close();
  }

  private static String text(TaskRecord record) {
    try {
      return new String(record.payload().bytes(), UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private int execute(String sql, Object... parameters) {
    try (Connection connection = dataSource().getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private long query(String sql) {
    try (Connection connection = dataSource().getConnection()) {
      return Long.parseLong(Dialect.queryText(connection, sql));
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** As if the owner had not been heard of for as long as its lease. */
  private void endLeases() {
    execute("update duraflow_run set lease_until = 1 where lease_until is not null");
  }

  // ---- ownership

  @Test
  default void save_byAnOwnerWhoseRunWasTakenOver_isRefusedAndToldAndChangesNothing() {
    try (OpenRun stale = store().open("run")) {
      save(stale, record("a", "first"));
      endLeases();
      try (OpenRun owner = store().open("run")) {
        assertThat(owner.epoch()).isGreaterThan(stale.epoch());
        assertThat(text(owner.find("a").orElseThrow())).isEqualTo("first");
        save(owner, record("b", "the owner's"));

        assertThatThrownBy(() -> save(stale, record("b", "stale")))
            .isInstanceOf(RunLostException.class)
            .hasMessageContaining("process " + ProcessHandle.current().pid() + " on host");
        assertThatThrownBy(() -> save(stale, record("c", "stale")))
            .isInstanceOf(RunLostException.class);
        assertThatThrownBy(() -> stale.stopRequested().toCompletableFuture().join())
            .hasCauseInstanceOf(RunLostException.class);

        assertThat(text(stale.findShared("b").orElseThrow())).isEqualTo("the owner's");
        assertThat(owner.findShared("c")).isEmpty();
        leave(stale);
        save(owner, record("d", "still the owner"));
        assertThatThrownBy(() -> store().open("run")).isInstanceOf(RunLockedException.class);
      }
    }
  }

  @Test
  default void sink_ofAnOwnerWhoseRunWasTakenOver_isRefused() throws IOException {
    try (OpenRun stale = store().open("run")) {
      endLeases();
      try (OpenRun owner = store().open("run");
          PayloadSink sink = stale.sink()) {
        assertThatThrownBy(() -> sink.write(new byte[2 * JdbcRun.CHUNK]))
            .isInstanceOf(RunLostException.class);
        assertThat(query("select count(*) from duraflow_chunk")).isZero();
        assertThat(owner.find("a")).isEmpty();
      }
    }
  }

  @Test
  default void open_afterTheLeaseOfADeadProcess_takesTheRun() {
    try (OpenRun first = store().open("run")) {
      save(first, record("a", "1"));
    }
    // As a process leaves it that was killed.
    execute(
        "update duraflow_run set owner_host = 'gone', owner_pid = 1, owner_since = 0, lease_until = ?",
        Long.MAX_VALUE);
    assertThatThrownBy(() -> store().open("run"))
        .isInstanceOf(RunLockedException.class)
        .hasMessageContaining("process 1 on host gone");
    endLeases();
    try (OpenRun next = store().open("run")) {
      assertThat(next.find("a")).isPresent();
    }
  }

  @Test
  default void lease_isRenewedWhileTheRunIsOpen() {
    try (OpenRun run = store(Duration.ofMillis(900)).open("run")) {
      long first = query("select lease_until from duraflow_run");
      for (int i = 0; i < 3; i++) {
        long last = query("select lease_until from duraflow_run");
        while (query("select lease_until from duraflow_run") == last) {
          LockSupport.parkNanos(10_000_000); // leaves it the machine
        }
      }
      assertThat(query("select lease_until from duraflow_run")).isGreaterThan(first);
      save(run, record("a", "1"));
    }
  }

  @Test
  default void lostRun_isToldByTheNextSignOfLife() {
    try (OpenRun stale = store(Duration.ofMillis(900)).open("run")) {
      CompletableFuture<String> stop = stale.stopRequested().toCompletableFuture();
      execute("update duraflow_run set epoch = epoch + 1");
      assertThatThrownBy(() -> stop.orTimeout(60, TimeUnit.SECONDS).join())
          .hasCauseInstanceOf(RunLostException.class);
    }
  }

  @Test
  default void waitForRun_getsTheRunWhenItsLeaseEnds() {
    Dag dag = Dag.named("waits");
    Task<Integer> one = dag.task("one", () -> 1);
    try (OpenRun dead = store().open("run")) {
      CountDownLatch asked = new CountDownLatch(1);
      Store counting = new Store() {
        private final Store inner = store();

        @Override
        public OpenRun open(String runId) {
          try {
            return inner.open(runId);
          } finally {
            asked.countDown();
          }
        }

        @Override
        public void close() {}
      };
      CompletableFuture<Run> waiting = CompletableFuture.supplyAsync(() -> Duraflow.builder()
          .store(counting)
          .waitForRun(Duration.ofMinutes(1))
          .build()
          .run(dag, "run"));
      awaitLatch(asked);
      endLeases();
      assertThat(waiting.join().get(one)).isEqualTo(1);
      assertThat(dead.find("one")).isEmpty();
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  default void processClock_doesNotMatter() {
    Dag dag = Dag.named("clock");
    Task<Integer> one = dag.task("one", () -> 1);
    for (String year : List.of("1971", "2026", "2999")) {
      Clock clock = Clock.fixed(Instant.parse(year + "-01-01T00:00:00Z"), ZoneOffset.UTC);
      try (OpenRun other = store().open("held")) {
        Duraflow duraflow = Duraflow.builder().store(store()).clock(clock).build();
        assertThatThrownBy(() -> duraflow.run(dag, "held")).isInstanceOf(RunLockedException.class);
        assertThat(duraflow.run(dag, "in " + year).get(one)).isEqualTo(1);
        save(other, record("a", "1"));
      }
    }
  }

  // ---- what the store asks of a run

  @Test
  default void cancel_byAnotherProcess_endsTheRunAndSaysWhoAsked() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    Dag dag = Dag.named("long");
    dag.task("waits", () -> {
      began.countDown();
      new CountDownLatch(1).await();
      return 1;
    });
    Duraflow duraflow = Duraflow.builder().store(store(Duration.ofMillis(900))).build();
    Run run = duraflow.start(dag, "run");
    awaitLatch(began);
    assertThat(store().cancel("run")).isTrue();
    assertThatThrownBy(run::await)
        .isInstanceOf(RunCancelledException.class)
        .hasMessageContaining("by process " + ProcessHandle.current().pid() + " on host");
    assertThat(store().cancel("run")).isFalse();
    assertThat(store().cancel("another")).isFalse();
    try (RunHistory history = store().read("run")) {
      assertThat(history.state()).isEqualTo(RunState.CANCELLED);
    }
  }

  @Test
  default void lostRun_failsWithRunLostException() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    Dag dag = Dag.named("lost");
    dag.task("waits", () -> {
      began.countDown();
      new CountDownLatch(1).await();
      return 1;
    });
    Run run = Duraflow.builder().store(store(Duration.ofMillis(900))).build().start(dag, "run");
    awaitLatch(began);
    endLeases();
    try (OpenRun owner = takenOver("run")) {
      RunLostException lost = catchThrowableOfType(RunLostException.class, run::await);
      assertThat(lost).isNotNull();
      assertThat(lost.runId()).isEqualTo("run");
      save(owner, record("a", "1"));
    }
  }

  /** The owner renews its lease meanwhile, which brings a lease that was ended back to life. */
  private OpenRun takenOver(String runId) {
    while (true) {
      try {
        endLeases();
        return store().open(runId);
      } catch (RunLockedException e) {
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  @Test
  default void lostRun_thatFindsOutByASave_failsWithRunLostException() {
    Dag dag = Dag.named("lost");
    dag.task("first", () -> 1);
    dag.task("takes-over", () -> {
      execute("update duraflow_run set epoch = epoch + 1");
      return 2;
    });
    Duraflow duraflow = Duraflow.builder().store(store()).maxConcurrency(1).build();
    assertThatThrownBy(() -> duraflow.run(dag, "run")).isInstanceOf(RunLostException.class);
  }

  // ---- guests

  @Test
  default void guest_savesWhatIsNotThereYet_andAdoptsWhatIs() {
    JdbcStore store = store();
    try (OpenRun owner = store.open("run");
        OpenRun guest = store().join("run", owner.epoch());
        OpenRun other = store().join("run", owner.epoch())) {
      save(owner, record("input", "from the owner"));
      assertThat(text(guest.find("input").orElseThrow())).isEqualTo("from the owner");
      assertThat(guest.find("a")).isEmpty();
      assertThat(guest.epoch()).isEqualTo(owner.epoch());

      save(guest, record("a", "the guest's"));
      save(other, record("a", "the other's"));
      assertThat(text(other.findShared("a").orElseThrow())).isEqualTo("the guest's");
      assertThat(owner.find("a")).isEmpty();
      assertThat(text(owner.findShared("a").orElseThrow())).isEqualTo("the guest's");
      assertThat(text(owner.find("a").orElseThrow())).isEqualTo("the guest's");

      guest.note(new RunNote.AttemptFailed("b", 1, Instant.EPOCH, Instant.EPOCH, "no"));
      guest.flush().toCompletableFuture().join();
      assertThat(other.failedAttempts("b")).isEqualTo(1);
      leave(guest);
      save(owner, record("c", "the owner goes on"));
    }
  }

  @Test
  default void recordsThatAreWantedNext_areLookedUpAtOnce() {
    String longId = "x".repeat(3_000);
    try (OpenRun owner = store().open("run");
        OpenRun guest = store().join("run", owner.epoch());
        OpenRun other = store().join("run", owner.epoch())) {
      List<String> all = List.of("a", "b'\"", longId, "ü");
      all.forEach(taskId -> save(guest, record(taskId, "of " + taskId)));

      assertThat(text(owner.findShared("a", List.of("b'\"", longId, "none")).orElseThrow()))
          .isEqualTo("of a");
      assertThat(text(owner.find("b'\"").orElseThrow())).isEqualTo("of b'\"");
      assertThat(text(owner.find(longId).orElseThrow())).isEqualTo("of " + longId);
      assertThat(owner.find("none")).isEmpty();
      assertThat(owner.find("ü")).isEmpty();
      assertThat(other.findShared("none", all)).isEmpty();
      for (String taskId : all) {
        assertThat(text(other.find(taskId).orElseThrow())).isEqualTo("of " + taskId);
      }
    }
  }

  @Test
  default void guest_ofAnotherOwner_isRefused() {
    try (OpenRun first = store().open("run");
        OpenRun guest = store().join("run", first.epoch())) {
      save(guest, record("a", "1"));
      endLeases();
      try (OpenRun owner = store().open("run")) {
        assertThatThrownBy(() -> save(guest, record("b", "2")))
            .isInstanceOf(RunLostException.class);
        assertThatThrownBy(() -> store().join("run", first.epoch()))
            .isInstanceOf(RunLostException.class);
        assertThatThrownBy(() -> store().join("nobody's", 1)).isInstanceOf(RunLostException.class);
        assertThat(owner.findShared("a")).isPresent();
        assertThat(owner.findShared("b")).isEmpty();
      }
    }
  }

  @Test
  default void epochs_ofARunThatWasDeleted_areNotUsedAgain() {
    long before;
    try (OpenRun run = store().open("run")) {
      before = run.epoch();
    }
    assertThat(store().delete("run")).isTrue();
    try (OpenRun run = store().open("run")) {
      assertThat(run.epoch()).isGreaterThan(before);
      assertThatThrownBy(() -> store().join("run", before)).isInstanceOf(RunLostException.class);
    }
  }

  // ---- history

  @Test
  default void history_isThatOfAJournal(@TempDir Path directory) {
    AtomicInteger calls = new AtomicInteger();
    Dag dag = Dag.named("flaky");
    Task<List<String>> keys =
        dag.task("keys", () -> List.of("x", "y")).returns(new TypeRef<List<String>>() {});
    Task<List<String>> upper = dag.map("upper", keys, key -> key, String::toUpperCase);
    // After all others, so that the order in both is the same.
    dag.task("flaky", upper, ready -> {
          if (calls.getAndIncrement() % 3 < 2) {
            throw new IllegalStateException("not yet \0 then");
          }
          return 1;
        })
        .retry(Retry.times(2));
    try (JdbcStore tables = store();
        Store journals = Store.journal(directory)) {
      for (Store store : List.of(tables, journals)) {
        calls.set(0);
        Duraflow duraflow = Duraflow.builder().store(store).maxConcurrency(1).build();
        assertThatThrownBy(() -> duraflow.run(dag, "run")).isInstanceOf(RunFailedException.class);
        duraflow.run(dag, "run");
      }
      try (RunHistory one = tables.read("run");
          RunHistory other = Store.journal(directory).read("run")) {
        assertThat(one.state()).isEqualTo(RunState.SUCCEEDED).isEqualTo(other.state());
        assertThat(one.runId()).isEqualTo("run");
        assertThat(one.holder()).isEmpty();
        assertThat(one.graph()).contains(TaskGraph.of(dag)).isEqualTo(other.graph());
        assertThat(one.records().map(TaskRecord::taskId))
            .containsExactlyElementsOf(other.records().map(TaskRecord::taskId).toList());
        assertThat(one.records().map(JdbcStoreContract::text))
            .containsExactlyElementsOf(
                other.records().map(JdbcStoreContract::text).toList());
        assertThat(one.attempts().map(JdbcStoreContract::inShort))
            .containsExactlyElementsOf(
                other.attempts().map(JdbcStoreContract::inShort).toList());
        assertThat(one.notes().map(JdbcStoreContract::inShort))
            .containsExactlyElementsOf(
                other.notes().map(JdbcStoreContract::inShort).toList());
        assertThat(one.find("flaky").orElseThrow().attempt()).isEqualTo(3);
        assertThat(one.find("none")).isEmpty();
      }
      assertThat(query("select count(*) from duraflow_note where graph is not null"))
          .isOne();
    }
  }

  private static String inShort(Attempt attempt) {
    return attempt.taskId() + " " + attempt.number() + " " + attempt.failure().isPresent();
  }

  private static String inShort(RunNote note) {
    return note instanceof RunNote.Began began
        ? "began " + began.graph() + " " + began.host() + " " + began.pid()
        : note instanceof RunNote.AttemptFailed failed
            ? "failed " + failed.taskId() + " " + failed.attempt()
                + failed.failure().lines().findFirst().orElse("").replace('\0', '\ufffd')
            : "ended " + ((RunNote.Ended) note).state() + " " + ((RunNote.Ended) note).completed();
  }

  @Test
  default void read_whileTheRunIsExecuted_seesAPrefix() {
    try (OpenRun run = store().open("run")) {
      save(run, record("a", "1"));
      try (RunHistory history = store().read("run")) {
        save(run, record("b", "2"));
        assertThat(history.state()).isEqualTo(RunState.RUNNING);
        assertThat(history.holder().orElseThrow().pid())
            .isEqualTo(ProcessHandle.current().pid());
        assertThat(history.records().map(TaskRecord::taskId)).containsExactly("a");
        assertThat(text(history.find("a").orElseThrow())).isEqualTo("1");
      }
    }
    assertThatThrownBy(() -> store().read("none")).hasMessageContaining("there is no run 'none'");
  }

  @Test
  default void notes_ofManyPages_areAllRead() {
    try (OpenRun run = store().open("run")) {
      for (int i = 0; i < 1_200; i++) {
        run.note(new RunNote.AttemptFailed("a", i + 1, Instant.EPOCH, Instant.EPOCH, "no"));
      }
      run.flush().toCompletableFuture().join();
    }
    try (RunHistory history = store().read("run")) {
      assertThat(history.notes().map(note -> ((RunNote.AttemptFailed) note).attempt()))
          .containsExactlyElementsOf(IntStream.rangeClosed(1, 1_200).boxed().toList());
    }
    try (OpenRun run = store().open("run")) {
      assertThat(run.failedAttempts("a")).isEqualTo(1_200);
    }
  }

  @Test
  default void runs_areListedAsTheyStand_andDeleted() {
    Dag dag = Dag.named("small");
    dag.task("one", () -> 1);
    Duraflow.builder().store(store()).build().run(dag, "b done");
    try (OpenRun steps = store().open("c steps")) {
      save(steps, record("a", "12345"));
    }
    String longId = "long".repeat(2_000);
    try (OpenRun held = store().open("a held");
        OpenRun with = store().open(longId)) {
      with.note(RunNote.Began.here(TaskGraph.of(dag), Instant.EPOCH));
      leave(with);
      assertThat(store().runs().stream()
              .map(run -> run.runId() + " " + run.state() + " " + run.completed()))
          .containsExactly(
              "a held RUNNING 0",
              "b done SUCCEEDED 1",
              "c steps SUCCEEDED 1",
              longId + " INTERRUPTED 0");
      RunSummary steps = store().runs().get(2);
      assertThat(steps.sizeInBytes()).isEqualTo(5);
      assertThat(steps.changedAt()).isAfterOrEqualTo(steps.createdAt());

      assertThatThrownBy(() -> store().delete("a held")).isInstanceOf(RunLockedException.class);
      save(held, record("a", "1"));
      assertThat(store().delete("b done")).isTrue();
      assertThat(store().delete("b done")).isFalse();
      assertThat(store().runs()).hasSize(3);
    }
  }

  // ---- what is learnt

  /** Each look at it takes a second. */
  final class TickingClock extends Clock {
    private final AtomicInteger looks = new AtomicInteger();

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusSeconds(looks.incrementAndGet());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  private static Run runSlowly(JdbcStore store, String runId) {
    Dag dag = Dag.named("slow");
    dag.task("one", () -> 1);
    return Duraflow.builder().store(store).clock(new TickingClock()).build().run(dag, runId);
  }

  @Test
  default void durations_ofARun_areKept_aRowForEachDag() {
    for (String runId : List.of("run-1", "run-2")) {
      runSlowly(store(), runId);
      assertThat(store().durations("slow")).containsOnlyKeys("one");
    }
    assertThat(query("select count(*) from duraflow_duration")).isOne();
  }

  @Test
  default void durations_thatAreDamaged_areAsGoodAsNone() {
    store().keepDurations("dag", Map.of("a", Duration.ofSeconds(1)));
    assertThat(store().durations("dag")).isNotEmpty();
    for (String damaged :
        List.of("", "{\"a\":", "[]", "{\"a\":\"x\"}", "{\"a\":-1}", "{\"a\":null}", "null")) {
      execute("update duraflow_duration set micros = ?", damaged);
      assertThat(store().durations("dag")).as(damaged).isEmpty();
    }
  }

  @Test
  default void durations_thatCannotBeReadOrKept_failNoRun() {
    JdbcStore store = store();
    execute("drop table duraflow_duration");
    assertThatThrownBy(() -> store.durations("slow")).isInstanceOf(StoreException.class);
    assertThat(runSlowly(store, "run").state()).isEqualTo(RunState.SUCCEEDED);
    assertThat(store.runs().get(0).state()).isEqualTo(RunState.SUCCEEDED);
  }

  // ---- outputs

  @Test
  default void largePayload_isWrittenAndReadInChunks() throws IOException {
    long size = 50L << 20;
    Payload large = new Payload() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public InputStream open() {
        return new InputStream() {
          private long at;

          @Override
          public int read() {
            return at == size ? -1 : (int) (at++ * 31 >> 3) & 0xff;
          }

          @Override
          public int read(byte[] into, int offset, int length) {
            int count = (int) Math.min(length, size - at);
            for (int i = 0; i < count; i++) {
              into[offset + i] = (byte) read();
            }
            return count == 0 && length > 0 ? -1 : count;
          }
        };
      }
    };
    try (OpenRun run = store().open("run")) {
      save(run, record("large", large));
      Payload found = run.find("large").orElseThrow().payload();
      assertThat(found.size()).isEqualTo(size);
      try (InputStream in = found.open();
          InputStream expected = large.open()) {
        byte[] one = new byte[1 << 16];
        byte[] other = new byte[1 << 16];
        for (long read = 0; read < size; read += one.length) {
          assertThat(in.readNBytes(one, 0, one.length)).isEqualTo(one.length);
          expected.readNBytes(other, 0, other.length);
          assertThat(java.util.Arrays.equals(one, other)).isTrue();
        }
        assertThat(in.read()).isEqualTo(-1);
      }
      assertThat(query("select max(length(bytes)) from duraflow_chunk")).isEqualTo(JdbcRun.CHUNK);
    }
  }

  @Test
  default void damage_isFoundAndNamed() {
    try (OpenRun run = store().open("run")) {
      save(run, record("small", "12345"));
      save(run, record("large", Payload.of(new byte[3 * JdbcRun.CHUNK])));
      save(run, record("cut", Payload.of(new byte[3 * JdbcRun.CHUNK])));
    }
    execute(
        "update duraflow_record set payload = ? where task_id = 'small'", "12344".getBytes(UTF_8));
    execute(
        "update duraflow_chunk set bytes = ? where number = 1 and save_id = "
            + "(select save_id from duraflow_record where task_id = 'large')",
        new byte[] {1});
    execute("delete from duraflow_chunk where number = 1 and save_id = "
        + "(select save_id from duraflow_record where task_id = 'cut')");
    try (OpenRun run = store().open("run")) {
      for (String taskId : List.of("small", "large", "cut")) {
        Payload payload = run.find(taskId).orElseThrow().payload();
        assertThatThrownBy(payload::bytes)
            .isInstanceOf(CorruptRecordException.class)
            .hasMessageContaining("task '" + taskId + "' in run 'run'");
      }
    }
  }

  @Test
  default void chunks_thatNoRecordNames_areClearedAwayByTheNextOwner() throws IOException {
    try (OpenRun run = store().open("run")) {
      PayloadSink given = run.sink();
      given.write(new byte[2 * JdbcRun.CHUNK]);
      given.close();
      save(run, record("a", Payload.of(new byte[2 * JdbcRun.CHUNK])));
      save(run, record("a", Payload.of(new byte[3 * JdbcRun.CHUNK])));
    }
    try (OpenRun run = store().open("run")) {
      assertThat(query("select count(*) from duraflow_chunk")).isEqualTo(3);
      assertThat(run.find("a").orElseThrow().payload().size()).isEqualTo(3L * JdbcRun.CHUNK);
    }
  }

  @Test
  default void sink_givesAPayloadThatCanBeReadAndSaved() throws IOException {
    byte[] bytes = new byte[JdbcRun.CHUNK + 1];
    bytes[JdbcRun.CHUNK] = 7;
    try (OpenRun run = store().open("run");
        PayloadSink sink = run.sink()) {
      sink.write(bytes);
      Payload payload = sink.finish();
      assertThat(payload.bytes()).isEqualTo(bytes);
      save(run, record("a", payload));
      assertThat(run.find("a").orElseThrow().payload().bytes()).isEqualTo(bytes);
    }
  }

  @Test
  default void id_thatNoDatabaseKeeps_isRefusedByName() {
    for (String id : List.of("a\0b", "a\ud800b")) {
      assertThatThrownBy(() -> store().open(id))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining("a?b");
    }
  }

  @Test
  default void commits_ofManyRunsAtOnce_areAllThere() {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    JdbcStore store = store();
    for (int r = 0; r < 4; r++) {
      String runId = "run " + r;
      all.add(CompletableFuture.runAsync(() -> {
        try (OpenRun run = store.open(runId)) {
          for (int i = 0; i < 200; i++) {
            CompletableFuture<Void> saved =
                run.save(record("task " + i, "" + i)).toCompletableFuture();
            assertThat(saved).isNotNull();
          }
          run.flush().toCompletableFuture().join();
        }
      }));
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    assertThat(store.runs()).extracting(RunSummary::completed).containsOnly(200);
  }
}
