package dev.duraflow.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs everything at sizes that say nothing about speed. */
final class BenchTest {
  private static final Effort TINY =
      new Effort(1, Duration.ofNanos(1), new Effort.Sizes(50, 300, 10, 20));

  private final StringWriter out = new StringWriter();
  private final StringWriter notes = new StringWriter();

  @TempDir
  Path directory;

  @Test
  void json_ofEverything_hasALineForEachNameAndPeer() throws Exception {
    measureAll(new JsonLines(new PrintWriter(out)));

    List<JsonNode> lines =
        out.toString().lines().map(JsonMapper.shared()::readTree).toList();
    assertThat(lines.stream().map(line -> line.get("name").asString()).distinct())
        .containsExactly(
            "memory.chain",
            "memory.independent",
            "memory.layered",
            "declare",
            "tiny.chain5",
            "tiny.diamond",
            "tiny.fanout100",
            "schedule.makespan",
            "durable.independent",
            "durable.chain.strict",
            "durable.chain.pipelined",
            "durable.chains1000",
            "retry.waiting",
            "retry.waiting.journal",
            "map.elements",
            "map.elements.journal",
            "resume.finished",
            "open.runs10000",
            "heap.1m");
    assertThat(lines).allSatisfy(line -> {
      assertThat(line.propertyNames())
          .startsWith("name", "n", "unit", "value", "peer", "peer_value", "ratio", "target");
      assertThat(line.get("n").asLong()).isPositive();
      for (String figure : List.of("value", "peer_value", "ratio", "target")) {
        assertThat(line.get(figure).isNumber()).isTrue();
        assertThat(line.get(figure).asDouble()).isPositive();
      }
    });
    assertThat(lines.stream()
            .map(line ->
                List.of(line.get("name"), line.get("n"), line.get("unit"), line.get("peer"))))
        .doesNotHaveDuplicates();
    assertThat(lines.stream().map(line -> line.get("peer").asString()))
        .contains(
            "CompletableFuture",
            "ParSeq",
            RawDisk.NAME,
            Sqlite.ONE_EACH,
            Sqlite.BATCHES,
            FilePerTask.NAME);
  }

  /** One row of each kind: each of them starts a server and processes. */
  @Test
  void json_onCluster_hasALineForEachNameAndPeer() throws Exception {
    assertThat(Measurement.onCluster().stream().map(Measurement::name))
        .containsExactly(
            "postgres.independent",
            "postgres.chain.strict",
            "postgres.heap.1m",
            "cluster.throughput",
            "cluster.latency",
            "cluster.recovery",
            "ignite.throughput",
            "ignite.latency",
            "scale.workers1000");
    List<Measurement> some = Measurement.onCluster().stream()
        .filter(one -> one.isNamed("postgres.independent")
            || one.isNamed("cluster.throughput")
            || one.isNamed("ignite.throughput"))
        .toList();

    assertThat(measure(some, new JsonLines(new PrintWriter(out))))
        .as(notes.toString())
        .isTrue();

    assertThat(out.toString().lines().map(JsonMapper.shared()::readTree))
        .extracting(
            line -> line.get("name").asString(), line -> line.get("peer").asString())
        .containsExactly(
            tuple("postgres.independent", "inserts of 1,000 rows"),
            tuple("cluster.throughput", "db-scheduler alone"),
            tuple("ignite.throughput", "Ignite alone"));
  }

  @Test
  void table_ofEverything_hasAHeadAndARowAResult() throws Exception {
    List<Measurement> some =
        Measurement.onOneMachine().stream().filter(one -> one.isNamed("tiny")).toList();

    assertThat(measure(some, new Table(new PrintWriter(out)))).isTrue();

    assertThat(out.toString().lines()).hasSize(1 + 3 * 2).allMatch(line -> line.contains("  "));
  }

  private void measureAll(Report report) throws Exception {
    assertThat(measure(Measurement.onOneMachine(), report))
        .as("measured all:\n%s", notes)
        .isTrue();
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  private boolean measure(List<Measurement> measurements, Report report) throws Exception {
    try (Scratch scratch = Scratch.below(directory)) {
      return Bench.measure(measurements, new Lab(TINY, scratch, new PrintWriter(notes)), report);
    }
  }

  @Test
  void measurementThatFails_isNamedAndTheOthersGoOn() throws Exception {
    Measurement failing = new Measurement("a", lab -> {
      throw new IllegalStateException("no");
    });
    Spread one = new Spread(1, 1, 1);
    Measurement working =
        new Measurement("b", lab -> List.of(new Result("b", 1, Unit.MILLIS, one, "peer", one, 1)));

    assertThat(measure(List.of(failing, working), new Table(new PrintWriter(out))))
        .isFalse();

    assertThat(notes.toString()).contains("a could not be measured", "no");
    assertThat(out.toString()).contains("peer");
  }

  @Test
  void command_withAnUnknownName_saysWhichThereAre() {
    CommandLine command = new CommandLine(new Bench()).setErr(new PrintWriter(notes));

    assertThat(command.execute("memry")).isEqualTo(2);

    assertThat(notes.toString()).contains("'memry'", "memory.chain", "heap.1m");
  }

  @Test
  void command_ofOneName_printsItAlone() {
    CommandLine command =
        new CommandLine(new Bench()).setOut(new PrintWriter(out)).setErr(new PrintWriter(notes));

    int status = command.execute("--quick", "--json", "--dir", directory.toString(), "tiny.chain5");

    assertThat(status).isZero();
    assertThat(out.toString().lines()).hasSize(2).allMatch(line -> line.contains("tiny.chain5"));
  }
}
