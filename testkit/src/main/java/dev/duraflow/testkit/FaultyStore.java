package dev.duraflow.testkit;

import dev.duraflow.error.StoreException;
import dev.duraflow.store.Durability;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.Store;
import dev.duraflow.store.TaskRecord;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A store around another one that fails, delays or dies on demand, to test what a program does then. Thread-safe; faults may be
 * added and taken away while runs go on.
 *
 * {@snippet :
 * FaultyStore store = FaultyStore.over(Store.inMemory()).failSaveOf("rank");
 * assertThatThrownBy(() -> Duraflow.builder().store(store).build().run(dag)).isInstanceOf(RunFailedException.class);
 * store.mend();
 * assertThat(Duraflow.builder().store(store).build().run(dag).get(rank)).isEqualTo(expected);
 * }
 *
 * <p>Saves are counted from 1 in the order in which they are asked for, over all runs opened here, and refused ones count too.
 * In all it does, it stays a store as {@link Store} and {@link OpenRun} describe it:
 *
 * <ul>
 *   <li>A record whose save fails does not reach the other store, but for {@link #crashAfterSave}. Its stage completes
 *       exceptionally; {@code save} itself throws nothing.
 *   <li>A record that is held back holds back every later one of its run, and {@code flush}: none becomes durable before it.
 *   <li>In a run opened with {@link Durability#PIPELINED}, whose tasks do not wait for records, every save after a failed one
 *       fails with the same exception, as it would in a journal: no record becomes durable without those before it.
 * </ul>
 *
 * <p>What has no fault is passed on, saves one at a time. Of several faults at one save the one that was declared first counts. Without an exception of the caller's, a fault is a {@link StoreException} that begins with
 * "injected fault". One exception that is given is thrown every time.
 */
public final class FaultyStore implements Store {
  private final Store store;
  /** Guards the order of saves, here and in the runs. No code of a caller runs under it but the other store's {@code save}. */
  final Object order = new Object();

  private final List<SaveFault> saveFaults = new CopyOnWriteArrayList<>();
  private final List<FaultyRun> runs = new CopyOnWriteArrayList<>();
  private final Map<String, RuntimeException> findFaults = new ConcurrentHashMap<>();
  private volatile @Nullable RuntimeException openFault;
  private volatile @Nullable Throwable flushFault;
  private volatile @Nullable Throwable death;
  private volatile Runnable lastAct = () -> {};
  private volatile int saves;
  private volatile @Nullable String crashedAt;

  private FaultyStore(Store store) {
    this.store = store;
  }

  /** A store without faults as yet. Closing it does not close the other one. */
  public static FaultyStore over(Store store) {
    return new FaultyStore(store);
  }

  /** Fails the save with this number. */
  public FaultyStore failSave(int number) {
    return failSave(number, injected("save " + number + " fails"));
  }

  /** Fails the save with this number by completing its stage with an exception. */
  public FaultyStore failSave(int number, Throwable failure) {
    return at(number, new SaveFault.Fail(failure));
  }

  /** Fails every save of these tasks. The element of a map is named by its own id, as {@code delay[ORD]}; its keys by the map's. */
  public FaultyStore failSaveOf(String... taskIds) {
    for (String taskId : taskIds) {
      failSaveOf(taskId, injected("every save of task '" + taskId + "' fails"));
    }
    return this;
  }

  /** Fails every save of a task by completing its stage with an exception. */
  public FaultyStore failSaveOf(String taskId, Throwable failure) {
    return of(taskId, new SaveFault.Fail(failure));
  }

  /**
   * Holds the save with this number back.
   *
   * @param until when this has completed, in whatever way, the record is handed to the other store; a test completes it, so
   *     that it need not sleep
   */
  public FaultyStore delaySave(int number, CompletionStage<?> until) {
    return at(number, new SaveFault.Delay(until));
  }

  /** Holds every save of a task back until a stage has completed. */
  public FaultyStore delaySaveOf(String taskId, CompletionStage<?> until) {
    return of(taskId, new SaveFault.Delay(until));
  }

  /**
   * Dies at the save with this number, before its record reaches the other store; records of earlier saves do. From then on
   * it is as if the process were dead: no save, note or flush reaches the other store, and everything that is asked here fails.
   * Only {@code close} gives up the runs, as the operating system would. To go on, open the other store as a new process does.
   */
  public FaultyStore crashBeforeSave(int number) {
    return crashBeforeSave(number, injected("crash before save " + number));
  }

  /** {@link #crashBeforeSave(int)}, failing everything from then on with this exception. */
  public FaultyStore crashBeforeSave(int number, Throwable failure) {
    return at(number, new SaveFault.Crash(SaveFault.Moment.BEFORE_IT_IS_DURABLE, failure));
  }

  /** Like {@link #crashBeforeSave(int)}, when the record is durable in the other store and before anybody is told so. */
  public FaultyStore crashAfterSave(int number) {
    return crashAfterSave(number, injected("crash after save " + number));
  }

  /** {@link #crashAfterSave(int)}, failing everything from then on with this exception. */
  public FaultyStore crashAfterSave(int number, Throwable failure) {
    return at(number, new SaveFault.Crash(SaveFault.Moment.BEFORE_IT_IS_ACKNOWLEDGED, failure));
  }

  FaultyStore crashAtSave(int number, SaveFault.Crash crash) {
    return at(number, crash);
  }

  /** Fails every {@code find} of a task. */
  public FaultyStore failFind(String taskId) {
    return failFind(taskId, injected("every find of task '" + taskId + "' fails"));
  }

  /** Fails every {@code find} of a task by throwing an exception, perhaps a {@code CorruptRecordException}. */
  public FaultyStore failFind(String taskId, RuntimeException failure) {
    findFaults.put(taskId, failure);
    return this;
  }

  /** Fails every {@code open}. */
  public FaultyStore failOpen() {
    return failOpen(injected("every open fails"));
  }

  /** Fails every {@code open} by throwing an exception, perhaps a {@code RunLockedException}. */
  public FaultyStore failOpen(RuntimeException failure) {
    openFault = failure;
    return this;
  }

  /** Fails every {@code flush}. */
  public FaultyStore failFlush() {
    return failFlush(injected("every flush fails"));
  }

  /** Fails every {@code flush} by completing its stage with an exception. */
  public FaultyStore failFlush(Throwable failure) {
    flushFault = failure;
    return this;
  }

  /**
   * Takes all faults away, for what is asked from now on; saves that are held back stay so until their stage completes. After
   * a crash, runs can be opened again, and those that were open stay dead.
   */
  public FaultyStore mend() {
    synchronized (order) {
      saveFaults.clear();
      findFaults.clear();
      openFault = null;
      flushFault = null;
      death = null;
    }
    return this;
  }

  /** How many saves have been asked for. */
  public int saves() {
    return saves;
  }

  private FaultyStore at(int number, SaveFault.Effect effect) {
    if (number < 1) {
      throw new IllegalArgumentException("the number of a save must be >= 1: " + number);
    }
    saveFaults.add(new SaveFault(number, null, effect));
    return this;
  }

  private FaultyStore of(String taskId, SaveFault.Effect effect) {
    saveFaults.add(new SaveFault(0, taskId, effect));
    return this;
  }

  private static StoreException injected(String what) {
    return new StoreException("injected fault: " + what);
  }

  static RuntimeException unchecked(Throwable failure) {
    return failure instanceof RuntimeException unchecked
        ? unchecked
        : new StoreException(String.valueOf(failure.getMessage()), failure);
  }

  @Override
  public OpenRun open(String runId) {
    checkOpen();
    return register(new FaultyRun(this, store.open(runId), false));
  }

  @Override
  public OpenRun open(String runId, Durability durability) {
    checkOpen();
    OpenRun run = store.open(runId, durability);
    return register(new FaultyRun(this, run, durability == Durability.PIPELINED));
  }

  private void checkOpen() {
    Throwable dead = death;
    RuntimeException fault = dead != null ? unchecked(dead) : openFault;
    if (fault != null) {
      throw fault;
    }
  }

  private OpenRun register(FaultyRun run) {
    runs.add(run);
    return run;
  }

  void forget(FaultyRun run) {
    runs.remove(run);
  }

  /** Counts a save and says what is to happen at it; null for nothing. Called in order. */
  SaveFault.@Nullable Effect next(TaskRecord record) {
    int number = saves + 1;
    saves = number;
    for (SaveFault fault : saveFaults) {
      if (fault.isAbout(number, record.taskId())) {
        if (fault.effect() instanceof SaveFault.Crash) {
          crashedAt = record.taskId();
        }
        return fault.effect();
      }
    }
    return null;
  }

  @Nullable
  RuntimeException findFault(String taskId) {
    return findFaults.get(taskId);
  }

  @Nullable
  Throwable flushFault() {
    return flushFault;
  }

  /** Sets what is done once, in the thread that brings the crash about, before anybody hears of it. */
  FaultyStore lastAct(Runnable act) {
    lastAct = act;
    return this;
  }

  /** Dies now, unless it is dead. */
  void crash(Throwable failure) {
    synchronized (order) {
      if (death != null) {
        return;
      }
      death = failure;
      runs.forEach(FaultyRun::stop);
    }
    try {
      lastAct.run();
    } finally {
      runs.forEach(run -> run.die(failure));
    }
  }

  boolean isDead() {
    return death != null;
  }

  /** The task at whose save a crash came or is coming. */
  @Nullable
  String crashedAt() {
    return crashedAt;
  }

  /** Gives up the runs of a process that is dead, if it has not done so itself. */
  void closeRuns() {
    runs.forEach(FaultyRun::close);
  }

  @Override
  public void close() {}
}
