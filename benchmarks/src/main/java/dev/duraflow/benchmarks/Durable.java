package dev.duraflow.benchmarks;

import dev.duraflow.dag.Dag;
import dev.duraflow.store.Durability;
import java.util.ArrayList;
import java.util.List;

/** DAGs on the journal store, each run in a store of its own. */
final class Durable {
  private static final int CHAINS = 1_000;

  private static final byte[] OUTPUT = Shape.firstAsStored();

  private final Lab lab;

  private Durable(Lab lab) {
    this.lab = lab;
  }

  static List<Measurement> measurements() {
    return List.of(
        new Measurement("durable.independent", lab -> new Durable(lab).independent()),
        new Measurement("durable.chain.strict", lab -> new Durable(lab).strictChain()),
        new Measurement("durable.chain.pipelined", lab -> new Durable(lab).pipelinedChain()),
        new Measurement("durable.chains1000", lab -> new Durable(lab).chains()));
  }

  private List<Result> independent() throws Exception {
    String name = "durable.independent";
    Shape shape = Shape.independent(lab.sizes().many());
    List<Result> results = new ArrayList<>(new Comparison(
            name,
            shape.size(),
            Unit.TASKS_PER_SECOND,
            Target.of(1e6),
            journal(shape, Durability.STRICT, Unit.TASKS_PER_SECOND),
            List.of(
                batches(Unit.TASKS_PER_SECOND),
                transactions(Unit.TASKS_PER_SECOND),
                files(Unit.TASKS_PER_SECOND)))
        .measure(lab.effort()));
    results.addAll(space(name, shape));
    return results;
  }

  private List<Result> space(String name, Shape shape) throws Exception {
    Dag dag = DuraflowRunner.declare(shape);
    Contender own = new Contender(
        "duraflow",
        () -> bytesPerByte(
            shape, directory -> JournalRuns.nanosToRun(dag, Durability.STRICT, directory)));
    Contender sqlite = new Contender(
        "SQLite",
        () ->
            bytesPerByte(shape, directory -> Sqlite.nanosPerBatchedSave(directory, shape, OUTPUT)));
    return new Comparison(
            name, shape.size(), Unit.BYTES_PER_BYTE, Target.of(2.5), own, List.of(sqlite))
        .measure(lab.effort().cold(1));
  }

  /** The bytes that tasks take on the disk for each byte of their ids and outputs. */
  private double bytesPerByte(Shape shape, Scratch.Use<?> save) throws Exception {
    long content = 0;
    for (int i = 0; i < shape.size(); i++) {
      content += shape.id(i).length() + OUTPUT.length;
    }
    long stored = lab.scratch().within(directory -> {
      save.in(directory);
      return Scratch.sizeOf(directory);
    });
    return (double) stored / content;
  }

  private List<Result> strictChain() throws Exception {
    Unit unit = Unit.MICROS_PER_TASK;
    Shape shape = Shape.chain(lab.sizes().synced());
    return new Comparison(
            "durable.chain.strict",
            shape.size(),
            unit,
            Target.ofLimit(0.9, unit),
            journal(shape, Durability.STRICT, unit),
            List.of(raw(unit), transactions(unit), files(unit)))
        .measure(lab.effort());
  }

  private List<Result> pipelinedChain() throws Exception {
    Unit unit = Unit.TASKS_PER_SECOND;
    Shape shape = Shape.chain(lab.sizes().many());
    return new Comparison(
            "durable.chain.pipelined",
            shape.size(),
            unit,
            Target.of(800_000),
            journal(shape, Durability.PIPELINED, unit),
            List.of(batches(unit)))
        .measure(lab.effort());
  }

  private List<Result> chains() throws Exception {
    String name = "durable.chains1000";
    int targetPerSync = 50;
    Shape shape = Shape.chains(CHAINS, Math.max(2, lab.sizes().many() / 10_000));
    Unit unit = Unit.TASKS_PER_SECOND;
    List<Result> results = new ArrayList<>(new Comparison(
            name,
            shape.size(),
            unit,
            Target.ofLimit(targetPerSync, unit),
            journal(shape, Durability.STRICT, unit),
            List.of(raw(unit), batches(unit)))
        .measure(lab.effort()));
    Dag dag = DuraflowRunner.declare(shape);
    Contender own = new Contender(
        "duraflow",
        () -> lab.scratch().within(directory -> {
          JournalRuns.nanosToRun(dag, Durability.STRICT, directory);
          return (double) shape.size() / JournalSyncs.below(directory);
        }));
    Contender limit = new Contender(RawDisk.NAME, () -> 1);
    results.addAll(new Comparison(
            name, shape.size(), Unit.TASKS_PER_SYNC, Target.of(targetPerSync), own, List.of(limit))
        .measure(lab.effort().cold(3)));
    return results;
  }

  private Contender journal(Shape shape, Durability durability, Unit unit) {
    Dag dag = DuraflowRunner.declare(shape);
    return timed(
        "duraflow",
        unit,
        directory -> (double) JournalRuns.nanosToRun(dag, durability, directory) / shape.size());
  }

  private Contender raw(Unit unit) {
    int writes = lab.sizes().synced();
    return timed(RawDisk.NAME, unit, directory -> RawDisk.nanosPerWrite(directory, writes));
  }

  private Contender batches(Unit unit) {
    Shape shape = Shape.independent(Math.max(1, lab.sizes().many() / 5));
    return timed(
        Sqlite.BATCHES, unit, directory -> Sqlite.nanosPerBatchedSave(directory, shape, OUTPUT));
  }

  private Contender transactions(Unit unit) {
    Shape shape = Shape.independent(lab.sizes().synced());
    return timed(Sqlite.ONE_EACH, unit, directory -> Sqlite.nanosPerSave(directory, shape, OUTPUT));
  }

  private Contender files(Unit unit) {
    Shape shape = Shape.independent(Math.max(1, lab.sizes().synced() / 5));
    return timed(
        FilePerTask.NAME, unit, directory -> FilePerTask.nanosPerSave(directory, shape, OUTPUT));
  }

  private Contender timed(String name, Unit unit, Scratch.Use<Double> nanosEach) {
    return Contender.timed(name, unit, () -> lab.scratch().within(nanosEach));
  }
}
