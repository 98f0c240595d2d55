package dev.duraflow.engine;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.ExpandTask;
import dev.duraflow.dag.Inputs;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.remote.DagFingerprint;
import java.lang.ref.SoftReference;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A run of another process as a worker sees it: its DAG, declared again, and its records. It finds tasks by their ids, for which it
 * declares expansions again from their recorded inputs, and names the elements of maps by their recorded keys. Thread-safe; two
 * threads may both declare what neither has found, and one of the results is kept.
 */
public final class GuestRun implements AutoCloseable {
  final Records records;
  final TaskSteps steps;
  private final Level root;
  private final GuestInputs inputs;

  private final ConcurrentMap<String, Level> expansions = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, SoftReference<Dag>> elements = new ConcurrentHashMap<>();

  /** A DAG of the run. */
  private record Level(
      Dag dag, String fingerprint, @Nullable Level outer) {
    Optional<Retry> retry() {
      for (Level level = this; level != null; level = level.outer) {
        if (level.dag.retry().isPresent()) {
          return level.dag.retry();
        }
      }
      return Optional.empty();
    }
  }

  /**
   * A task as it is to be called.
   *
   * @param dag the one that it is in
   * @param fingerprint of the DAG that declares it
   * @param retry as said of the task or its DAG; null if nothing was
   */
  record Found(
      Task<?> task,
      Dag dag,
      Inputs inputs,
      String fingerprint,
      @Nullable Retry retry) {}

  /** @param records as guest */
  public GuestRun(Dag dag, Records records, TaskSteps steps) {
    this.root = new Level(dag, DagFingerprint.of(dag), null);
    this.records = records;
    this.steps = steps;
    this.inputs = new GuestInputs(records);
  }

  /**
   * Finds a task.
   *
   * @param around for the code that declares expansions, which may do steps
   * @throws InvalidDagException if there is no such task
   */
  Found find(String taskId, Surroundings around) throws Exception {
    Level level = root;
    int bracket = taskId.indexOf('[');
    int end = bracket < 0 ? taskId.length() : bracket;
    int slash = -1;
    while (true) {
      Task<?> task = level.dag.find(taskId).orElse(null);
      if (task != null) {
        return found(task, level.dag, level);
      }
      if (bracket >= 0
          && level.dag.find(taskId.substring(0, bracket)).orElse(null)
              instanceof MapTask<?, ?> map) {
        return element(map, taskId, level);
      }
      ExpandTask<?, ?> expansion = null;
      while (expansion == null) {
        slash = taskId.indexOf('/', slash + 1);
        if (slash < 0 || slash >= end) {
          throw new InvalidDagException(
              "there is no task '" + taskId + "' in DAG '" + root.dag.name() + "'");
        }
        if (level.dag.find(taskId.substring(0, slash)).orElse(null)
            instanceof ExpandTask<?, ?> found) {
          expansion = found;
        }
      }
      level = declared(expansion, level, around);
    }
  }

  private Found found(Task<?> task, Dag dag, Level level) {
    Retry own = task.options().retry();
    return new Found(
        task, dag, inputs, level.fingerprint, own != null ? own : level.retry().orElse(null));
  }

  private Found element(MapTask<?, ?> map, String taskId, Level level) {
    SoftReference<Dag> known = elements.get(map.id());
    Dag dag = known == null ? null : known.get();
    if (dag == null) {
      dag = map.elements(
          records
              .keys(map)
              .orElseThrow(() -> new CorruptRecordException(
                  "the keys of map '" + map.id() + "' are not recorded", null)),
          inputs);
      elements.put(map.id(), new SoftReference<>(dag));
    }
    Dag all = dag;
    return all.find(taskId)
        .map(element -> found(element, all, level))
        .orElseThrow(() ->
            new InvalidDagException("map '" + map.id() + "' has no element '" + taskId + "'"));
  }

  private Level declared(ExpandTask<?, ?> expansion, Level outer, Surroundings around)
      throws Exception {
    Level known = expansions.get(expansion.id());
    if (known != null) {
      return known;
    }
    Context context = new Context(around, outer.dag, expansion.id());
    Supplier<TaskContext> before = Context.swap(() -> context);
    Dag dag;
    try {
      dag = expansion.declare(inputs).dag();
    } finally {
      Context.swap(before);
      context.end();
    }
    Level declared = new Level(dag, DagFingerprint.within(outer.fingerprint, dag), outer);
    Level earlier = expansions.putIfAbsent(expansion.id(), declared);
    return earlier != null ? earlier : declared;
  }

  @Override
  public void close() {
    records.close();
  }
}
