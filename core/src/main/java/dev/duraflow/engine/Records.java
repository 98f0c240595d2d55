package dev.duraflow.engine;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.CodecException;
import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.PersistException;
import dev.duraflow.error.RunLostException;
import dev.duraflow.error.StoreException;
import dev.duraflow.error.TypeMismatchException;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Payload;
import dev.duraflow.store.PayloadSink;
import dev.duraflow.store.RunNote;
import dev.duraflow.store.TaskRecord;
import dev.duraflow.store.TaskRecord.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The records of one run as values: decides what is finished, checks types, encodes and decodes. Thread-safe. */
public final class Records implements AutoCloseable {
  private static final TypeRef<List<String>> KEYS = new TypeRef<>() {};

  private final String runId;
  private final OpenRun run;
  private final Codec codec;
  /** Types of which a value has been read back after it was written. */
  private final Set<TypeRef<?>> readable = ConcurrentHashMap.newKeySet();

  /** Why the store did not take a note. */
  private volatile @Nullable Throwable notNoted;

  private volatile boolean notNotedIsTold;

  private final Part part;

  /** On whose side of a run they are. */
  private enum Part {
    OWNER,
    /** It does not know what others save. */
    GUEST
  }

  public Records(String runId, OpenRun run, Codec codec) {
    this(runId, run, codec, Part.OWNER);
  }

  private Records(String runId, OpenRun run, Codec codec, Part part) {
    this.runId = runId;
    this.run = run;
    this.codec = codec;
    this.part = part;
  }

  /** Those of a run that belongs to somebody else, who saves records too. */
  public static Records ofGuest(String runId, OpenRun run, Codec codec) {
    return new Records(runId, run, codec, Part.GUEST);
  }

  /**
   * Whether a task's output is there, so that its body need not run.
   *
   * @throws TypeMismatchException if a record is there and its type is another one
   */
  public boolean isFinished(Task<?> task) {
    return isFinished(task, find(task.id()));
  }

  /**
   * The same, and asks the store again, since others save records of the run too.
   *
   * @param next the ids of tasks whose records will be wanted as well
   */
  boolean isFinishedByAnybody(Task<?> task, Collection<String> next) {
    return isFinished(task, run.findShared(task.id(), next).orElse(null));
  }

  private boolean isFinished(Task<?> task, @Nullable TaskRecord record) {
    if (record == null) {
      task.type(); // a type that cannot be read is to be found before anything runs
      return false;
    }
    if (record.kind() == Kind.OUTPUT) {
      check(record, task.type());
      return true;
    }
    if (!(task instanceof MapTask<?, ?> map)) {
      throw new TypeMismatchException(
          runId, task.id(), "the keys of a map", task.type().toString());
    }
    check(record, KEYS);
    boolean finished = true;
    for (String key : keysIn(record)) {
      TaskRecord element = find(map.elementId(key));
      if (element == null) {
        finished = false;
      } else {
        check(element, map.elementType());
      }
    }
    return finished;
  }

  /** The output of a finished task. */
  public @Nullable Object load(Task<?> task) {
    TaskRecord record = require(task.id());
    if (record.kind() == Kind.OUTPUT || !(task instanceof MapTask<?, ?> map)) {
      return decode(record, task.type());
    }
    List<@Nullable Object> elements = new ArrayList<>();
    for (String key : keysIn(record)) {
      elements.add(decode(require(map.elementId(key)), map.elementType()));
    }
    return elements;
  }

  /** The elements of a finished map, each decoded when it is asked for. */
  Stream<@Nullable Object> stream(MapTask<?, ?> map) {
    TaskRecord record = require(map.id());
    if (record.kind() == Kind.OUTPUT) {
      return ((List<?>) Objects.requireNonNull(decode(record, map.type())))
          .stream().map(element -> element);
    }
    return keysIn(record).stream()
        .map(key -> decode(require(map.elementId(key)), map.elementType()));
  }

  /** The keys of a map's elements as recorded; empty if it has not begun. */
  Optional<List<String>> keys(MapTask<?, ?> map) {
    TaskRecord record = find(map.id());
    return record != null && record.kind() == Kind.KEYS
        ? Optional.of(keysIn(record))
        : Optional.empty();
  }

  private List<String> keysIn(TaskRecord record) {
    @SuppressWarnings("unchecked") // KEYS says so
    List<String> keys = (List<String>) decode(record, KEYS);
    if (keys == null) {
      throw new CorruptRecordException(
          "the record of map '" + record.taskId() + "' in run '" + runId
              + "' holds null and should hold its keys; restore it, or use another run id",
          null);
    }
    return keys;
  }

  public @Nullable TaskRecord find(String taskId) {
    return run.find(taskId).orElse(null);
  }

  /**
   * What a guest has computed, unless somebody else had it recorded before.
   *
   * @param computed what it has, and has had saved
   */
  @Nullable
  Object adopted(Task<?> task, @Nullable Object computed) {
    return part == Part.GUEST ? load(task) : computed;
  }

  long epoch() {
    return run.epoch();
  }

  private TaskRecord require(String taskId) {
    TaskRecord record = find(taskId);
    if (record == null) {
      run.flush().toCompletableFuture().join(); // it may still be on its way
      record = find(taskId);
    }
    if (record == null) {
      throw new CorruptRecordException(
          "the record of task '" + taskId + "' in run '" + runId
              + "' was there and is gone; run the DAG again to make it anew",
          null);
    }
    return record;
  }

  private void check(TaskRecord record, TypeRef<?> declared) {
    if (record.type() != null && !record.type().equals(declared.toString())) {
      throw new TypeMismatchException(runId, record.taskId(), record.type(), declared.toString());
    }
    if (!record.codec().equals(codec.name())) {
      throw new CodecException(
          "task '" + record.taskId() + "' in run '" + runId + "' was stored by codec '"
              + record.codec() + "', and this engine has codec '" + codec.name()
              + "'; open it with the codec that wrote it",
          null);
    }
  }

  /** Decodes a record as the given type. */
  public @Nullable Object decode(TaskRecord record, TypeRef<?> type) {
    check(record, type);
    try (InputStream in = record.payload().open()) {
      return codec.decode(in, type);
    } catch (DuraflowException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new CodecException(
          "the record of task '" + record.taskId() + "' in run '" + runId + "' cannot be read as "
              + type + ": " + e.getMessage()
              + "; change the type back, rename the task, or use another run id",
          e);
    }
  }

  /** The record of a map's keys, to be saved. */
  TaskRecord keysRecord(
      MapTask<?, ?> map, List<String> keys, int attempt, Instant startedAt, Instant finishedAt) {
    return record(map.id(), Kind.KEYS, KEYS, keys, attempt, startedAt, finishedAt);
  }

  /**
   * The record of a task's output, to be saved.
   *
   * @throws CodecException if the output cannot be encoded so that it can be decoded again
   */
  public TaskRecord record(
      Task<?> task, @Nullable Object output, int attempt, Instant startedAt, Instant finishedAt) {
    return record(task.id(), Kind.OUTPUT, task.type(), output, attempt, startedAt, finishedAt);
  }

  private TaskRecord record(
      String taskId,
      Kind kind,
      TypeRef<?> type,
      @Nullable Object value,
      int attempt,
      Instant startedAt,
      Instant finishedAt) {
    Payload payload = encode(taskId, type, value);
    return new TaskRecord(
        taskId, kind, type.toString(), codec.name(), attempt, startedAt, finishedAt, payload);
  }

  /** How many attempts at a task have failed, as far as the store keeps count. */
  int failedAttempts(String taskId) {
    return run.failedAttempts(taskId);
  }

  /**
   * Adds to the run's history. If making the note or keeping it fails, the next save fails, or the run cannot be closed.
   *
   * <p>What a run does must not depend on it, so nothing is thrown here.
   */
  void note(Supplier<RunNote> note) {
    try {
      run.note(note.get());
    } catch (RuntimeException | Error e) {
      notNoted = e;
    }
  }

  private void checkNoted() {
    Throwable failure = notNoted;
    if (failure != null) {
      notNotedIsTold = true;
      throw new StoreException(
          "the history of run '" + runId + "' could not be kept: " + failure.getMessage()
              + "; mend the store and run again",
          failure);
    }
  }

  /** Hands a record to the store; the stage completes when it is durable. */
  CompletionStage<Void> save(TaskRecord record) {
    try {
      checkNoted();
      return Objects.requireNonNull(run.save(record), "the store returned no stage");
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The same, for a caller that has nothing else to do. */
  CompletionStage<Void> saveNow(TaskRecord record) {
    try {
      checkNoted();
      return Objects.requireNonNull(run.saveNow(record), "the store returned no stage");
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Saves a record and waits until it is durable.
   *
   * @throws PersistException if it is not going to be
   */
  public void saveAndWait(TaskRecord record) {
    CompletableFuture<Void> saved = new CompletableFuture<>();
    saveNow(record).whenComplete((done, error) -> {
      if (error == null) {
        saved.complete(null);
      } else {
        saved.completeExceptionally(persistFailure(record.taskId(), error));
      }
    });
    try {
      saved.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** Completes when the store wants the run to stop, see {@link OpenRun#stopRequested}. */
  CompletionStage<String> stopRequested() {
    return run.stopRequested();
  }

  /** How this process has lost the run; null if it has not. */
  @Nullable
  RunLostException lost() {
    CompletableFuture<String> asked = run.stopRequested().toCompletableFuture();
    try {
      asked.getNow("");
    } catch (CompletionException e) {
      return e.getCause() instanceof RunLostException lost ? lost : null;
    } catch (CancellationException e) {
      return null;
    }
    return null;
  }

  /** Completes when all that was saved before is durable. */
  CompletionStage<Void> flush() {
    try {
      return run.flush();
    } catch (RuntimeException | Error e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** What becomes of a task whose record did not become durable. */
  PersistException persistFailure(String taskId, Throwable failure) {
    Throwable cause = failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
    return new PersistException(runId, taskId, cause);
  }

  private Payload encode(String taskId, TypeRef<?> type, @Nullable Object value) {
    try (PayloadSink sink = run.sink()) {
      codec.encode(value, type, sink);
      Payload payload = sink.finish();
      if (value != null && !readable.contains(type)) {
        try (InputStream in = payload.open()) {
          codec.decode(in, type);
        }
        readable.add(type);
      }
      return payload;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof StoreException) {
          throw persistFailure(taskId, cause);
        }
      }
      throw new CodecException(
          "the output of task '" + taskId + "' in run '" + runId + "' cannot be stored as " + type
              + " and read back: " + e.getMessage()
              + "; return a record or a class that the " + codec.name()
              + " codec can read, or choose another codec",
          e);
    }
  }

  @Override
  public void close() {
    run.close();
    if (!notNotedIsTold) {
      checkNoted();
    }
  }
}
