package dev.duraflow.benchmarks.jmh;

import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Records into a journal: 10,000 at a time, until they are durable. Each iteration begins a journal of its own. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields
public class JournalBenchmark {
  private static final int RECORDS = 10_000;
  private static final Payload PAYLOAD = Payload.of("100".getBytes(StandardCharsets.US_ASCII));

  @Param({"STRICT", "PROCESS"})
  Durability durability;

  private Path directory;
  private Store store;
  private OpenRun run;
  private List<TaskRecord> records;

  @Setup(Level.Iteration)
  public void open() throws IOException {
    directory = Files.createTempDirectory(Path.of("").toAbsolutePath(), "journal-");
    store = Store.journal(directory);
    run = store.open("run", durability);
    records = Stream.iterate(0, i -> i + 1)
        .limit(RECORDS)
        .map(JournalBenchmark::record)
        .toList();
  }

  @TearDown(Level.Iteration)
  public void close() throws IOException {
    run.close();
    store.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(RECORDS)
  public void append() {
    CompletionStage<Void> last = run.flush();
    for (TaskRecord record : records) {
      last = run.save(record);
    }
    last.toCompletableFuture().join();
  }

  private static TaskRecord record(int number) {
    Instant now = Instant.now();
    return new TaskRecord(
        "task-" + number, TaskRecord.Kind.OUTPUT, "Integer", "json", 1, now, now, PAYLOAD);
  }
}
