package dev.duraflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.Store;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A run whose workers never come waits for them, but not in silence. */
@Timeout(60)
final class SilenceTest {
  private static final Logger LOG = Logger.getLogger("dev.duraflow");

  private final SharedStore store = Store.inMemory();
  private final ManualTime time = new ManualTime();
  private final Queue<Runnable> sent = new ConcurrentLinkedQueue<>();
  private final CountDownLatch allAreSent = new CountDownLatch(3);
  private final List<String> warnings = new CopyOnWriteArrayList<>();
  private final Handler handler = new Handler() {
    @Override
    public void publish(LogRecord record) {
      if (record.getLevel().equals(Level.WARNING)) {
        warnings.add(MessageFormat.format(record.getMessage(), record.getParameters()));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  };

  @BeforeEach
  void listen() {
    LOG.addHandler(handler);
    LOG.setUseParentHandlers(false);
  }

  @AfterEach
  void stopListening() {
    LOG.removeHandler(handler);
    LOG.setUseParentHandlers(true);
  }

  /** As a worker that has been asked and has not come yet. */
  private void send(Runnable work) {
    sent.add(work);
    allAreSent.countDown();
  }

  private void oneWorkerComes() {
    sent.remove().run();
  }

  private DagFactory<?> factory() {
    return DagFactory.named("dag", () -> {
      Dag dag = Dag.named("dag");
      for (String id : List.of("a", "b", "c")) {
        dag.task(id, () -> 1);
      }
      return dag;
    });
  }

  private Duraflow duraflow() {
    return Duraflow.builder()
        .store(store)
        .taskEngine(TaskWorker.on(store, DagFactories.of(factory())).inProcess(this::send))
        .maxConcurrency(3)
        .scheduler(time)
        .clock(time.clock())
        .build();
  }

  /** A run of three tasks that an engine has when this returns. */
  private Run start(Duraflow duraflow) throws InterruptedException {
    Run run = duraflow.start(factory().create(), "nightly");
    allAreSent.await();
    return run;
  }

  private List<String> warningsAfter(Duration duration) {
    warnings.clear();
    time.advance(duration);
    return List.copyOf(warnings);
  }

  @Test
  void workersThatNeverCome_areMissedAfterAMinute_andEveryTen() throws InterruptedException {
    try (Duraflow duraflow = duraflow()) {
      Run run = start(duraflow);
      assertThat(warningsAfter(Duration.ofSeconds(59))).isEmpty();
      assertThat(warningsAfter(Duration.ofSeconds(1)))
          .singleElement()
          .asString()
          .contains("run 'nightly'", "3 of them", "since 2026-01-01T00:00:00Z")
          .contains("workers are there", "cancel the run");
      assertThat(warningsAfter(Duration.ofSeconds(599))).isEmpty();
      assertThat(warningsAfter(Duration.ofSeconds(1))).hasSize(1);
      run.cancel();
    }
    assertThat(warningsAfter(Duration.ofHours(1))).isEmpty();
    assertThat(time.waiting()).isZero();
  }

  @Test
  void workersThatCome_areMissedAMinuteAfterTheLast() throws InterruptedException {
    try (Duraflow duraflow = duraflow()) {
      Run run = start(duraflow);
      for (int comes = 0; comes < 2; comes++) {
        assertThat(warningsAfter(Duration.ofSeconds(50))).isEmpty();
        oneWorkerComes();
      }
      assertThat(warningsAfter(Duration.ofSeconds(59))).isEmpty();
      assertThat(warningsAfter(Duration.ofSeconds(1)))
          .singleElement()
          .asString()
          .contains("1 of them", "since 2026-01-01T00:01:40Z");
      oneWorkerComes();
      assertThat(run.await().completed()).isEqualTo(3);
    }
    assertThat(time.waiting()).as("looks at a run that has ended").isZero();
  }

  @Test
  void tasksThatTookLongInEarlierRuns_areGivenAsLong() throws InterruptedException {
    store.keepDurations("dag", Map.of("b", Duration.ofMinutes(5)));
    try (Duraflow duraflow = duraflow()) {
      Run run = start(duraflow);
      assertThat(warningsAfter(Duration.ofSeconds(299))).isEmpty();
      assertThat(warningsAfter(Duration.ofSeconds(1))).hasSize(1);
      run.cancel();
    }
  }

  @Test
  void schedulerThatRefuses_failsNoTask() throws InterruptedException {
    time.refuse(new RejectedExecutionException("shut down"));
    try (Duraflow duraflow = duraflow()) {
      Run run = start(duraflow);
      for (int comes = 0; comes < 3; comes++) {
        oneWorkerComes();
      }
      assertThat(run.await().completed()).isEqualTo(3);
    }
  }
}
