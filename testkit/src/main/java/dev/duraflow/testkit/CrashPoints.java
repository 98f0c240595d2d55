package dev.duraflow.testkit;

import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.event.RunState;
import dev.duraflow.store.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A test of a user's own DAG: it is crashed at every point where something is recorded, resumed, and has to end as if nothing
 * had happened.
 *
 * {@snippet :
 * @Test
 * void survivesEveryCrash() {
 *     CrashPoints.everyPersist(dag);
 * }
 * }
 *
 * <p>The DAG runs once undisturbed. Then it is run and crashed for each record that the undisturbed run had saved, the keys of
 * maps included: once just before the record is durable, and once just after, before the run has learned of it. A crash
 * interrupts the bodies that run, calls no other, and lets nothing more through to the store. A fresh {@code Duraflow} resumes
 * the run on what the store held at the crash. Then
 *
 * <ul>
 *   <li>nothing that was recorded at the crash has run again, or was recorded again;
 *   <li>the resumed run has succeeded, with each body called once for each attempt;
 *   <li>every record holds the output that it holds in the undisturbed run: the same bytes, or an equal value.
 * </ul>
 *
 * <p>Otherwise an {@link AssertionError} names the task, the crash, what was expected and found, and what to do. All this is
 * done with one thread in a fixed order; then, for a DAG of more than one task, crashes at up to {@value #PARALLEL_POINTS} of
 * the points are tried with {@value #PARALLEL} bodies at a time.
 *
 * <p>It takes four runs for each record, less what is reused, so bodies should be quick; {@link #atMost} tries a part of the
 * points of a large DAG. The bodies' effects on the world outside really happen, as often. A body that does not heed its
 * interrupt is waited for, ten seconds at most. What it cannot show: the effects of a loss of power on a store, or of code that
 * is changed between two processes.
 *
 * <p>Immutable and thread-safe, as far as the DAG's bodies are.
 */
public final class CrashPoints {
  static final int PARALLEL = 4;
  static final int PARALLEL_POINTS = 25;

  private final Supplier<Dag> dags;
  private final @Nullable Function<Path, ? extends Store> stores;
  private final Consumer<? super Duraflow.Builder> duraflow;
  private final Set<String> ignored;
  /** 0 for the default. */
  private final int maxConcurrency;

  private final int most;
  private final long seed;

  private CrashPoints(
      Supplier<Dag> dags,
      @Nullable Function<Path, ? extends Store> stores,
      Consumer<? super Duraflow.Builder> duraflow,
      Set<String> ignored,
      int maxConcurrency,
      int most,
      long seed) {
    this.dags = dags;
    this.stores = stores;
    this.duraflow = duraflow;
    this.ignored = ignored;
    this.maxConcurrency = maxConcurrency;
    this.most = most;
    this.seed = seed;
  }

  /**
   * What was tried.
   *
   * @param records how many records the undisturbed run saved: the possible points
   * @param points at how many of them it was crashed
   * @param crashes how many crashes were survived
   * @param bodies how many bodies were called in all, keys of maps included
   * @param reused how many outputs were reused by resumed runs
   * @param seed what chose the points; empty if all were tried
   */
  public record Tried(
      int records, int points, int crashes, long bodies, long reused, OptionalLong seed) {
    @Override
    public String toString() {
      return crashes + " crashes at " + points + " of " + records + " persist points, " + bodies
          + " bodies called, " + reused + " outputs reused"
          + (seed.isPresent() ? ", seed " + seed.getAsLong() : "");
    }
  }

  /**
   * Tries a DAG with every setting at its default.
   *
   * @throws AssertionError if it does not survive a crash, or fails undisturbed
   */
  public static Tried everyPersist(Dag dag) {
    return of(dag).everyPersist();
  }

  /** Like {@link #everyPersist(Dag)}, for a DAG whose bodies keep state: every process gets a new one. */
  public static Tried everyPersist(Supplier<Dag> dags) {
    return of(dags).everyPersist();
  }

  /** To try a DAG with other settings. */
  public static CrashPoints of(Dag dag) {
    return of(() -> dag);
  }

  /** To try a DAG with other settings, a new one in every process. */
  public static CrashPoints of(Supplier<Dag> dags) {
    return new CrashPoints(dags, null, builder -> {}, Set.of(), 0, Integer.MAX_VALUE, 0);
  }

  /**
   * Lets the outputs of these tasks differ, as a time of day does; for a map, those of all its elements. Tasks that depend on
   * them are compared unless they are named too.
   */
  public CrashPoints ignoring(String... taskIds) {
    Set<String> all = new HashSet<>(ignored);
    all.addAll(List.of(taskIds));
    return new CrashPoints(dags, stores, duraflow, Set.copyOf(all), maxConcurrency, most, seed);
  }

  /** Tries all crashes with so many bodies at a time, and no others. */
  public CrashPoints maxConcurrency(int bodies) {
    if (bodies < 1) {
      throw new IllegalArgumentException("maxConcurrency must be >= 1: " + bodies);
    }
    return new CrashPoints(dags, stores, duraflow, ignored, bodies, most, seed);
  }

  /** Tries so many points of a large DAG, spread evenly, and others each time; messages and {@link Tried} tell the seed. */
  public CrashPoints atMost(int points) {
    return atMost(points, ThreadLocalRandom.current().nextLong(1_000_000));
  }

  /** Tries so many points, the same for the same seed. */
  public CrashPoints atMost(int points, long chosenBy) {
    if (points < 1) {
      throw new IllegalArgumentException("the most points to try must be >= 1: " + points);
    }
    return new CrashPoints(dags, stores, duraflow, ignored, maxConcurrency, points, chosenBy);
  }

  /**
   * Runs on another store than the one in memory, for example {@code Store::journal}.
   *
   * @param opened is given an empty directory for each crash, to connect the process that crashes, and again to connect the one
   *     that resumes; meanwhile what is in the directory has been set back to what it was at the crash. A store that keeps its
   *     records elsewhere takes the directory for the name of the place, and must find it empty for each new name
   */
  public CrashPoints on(Function<Path, ? extends Store> opened) {
    return new CrashPoints(dags, opened, duraflow, ignored, maxConcurrency, most, seed);
  }

  /**
   * Makes settings for all runs, such as a codec. Under {@code Durability.PIPELINED} each point gets a third crash: the run goes
   * ahead of the record as far as it can, and all from that record on is lost.
   *
   * @param settings store, executor and maxConcurrency are set after it
   */
  public CrashPoints running(Consumer<? super Duraflow.Builder> settings) {
    Consumer<Duraflow.Builder> both = builder -> {
      duraflow.accept(builder);
      settings.accept(builder);
    };
    return new CrashPoints(dags, stores, both, ignored, maxConcurrency, most, seed);
  }

  /**
   * Tries all crashes.
   *
   * @throws AssertionError if the DAG does not survive one, or fails undisturbed
   * @throws IllegalArgumentException if a task that is to be ignored is not there
   */
  public Tried everyPersist() {
    try (Store store = Store.inMemory()) {
      return everyPersist(store);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted before all crashes were tried", e);
    }
  }

  private Tried everyPersist(Store store) throws InterruptedException {
    Ledger ledger = new Ledger(store);
    FaultyStore counting = FaultyStore.over(ledger);
    Life life = new Life(newDag());
    life.begin(counting, duraflow, maxConcurrency == 0 ? 1 : maxConcurrency);
    life.awaitEnd();
    checkSucceeded(life);
    Outputs undisturbed = Outputs.of(life, store, ledger.durable().keySet());
    checkIgnored(undisturbed);

    Trials trials = new Trials(undisturbed, counting.saves(), ledger.isPipelined(), life.bodies());
    if (maxConcurrency > 0) {
      trials.crash(most, maxConcurrency);
    } else {
      trials.crash(most, 1);
      if (life.run().total() > 1) {
        trials.crash(Math.min(most, PARALLEL_POINTS), PARALLEL);
      }
    }
    return trials.tried();
  }

  private static void checkSucceeded(Life life) throws InterruptedException {
    if (life.run().state() != RunState.SUCCEEDED) {
      try {
        life.run().await();
      } catch (DuraflowException e) {
        throw new AssertionError(
            "DAG '" + life.dag().name() + "' fails without any crash: " + e.getMessage()
                + "; mend it first",
            e);
      }
    }
  }

  private void checkIgnored(Outputs undisturbed) {
    for (String taskId : ignored) {
      if (undisturbed.dag().find(taskId).isEmpty() && !undisturbed.all().containsKey(taskId)) {
        throw new IllegalArgumentException(
            "there is no task '" + taskId + "' in DAG '" + undisturbed.dag().name()
                + "' to be ignored; it has " + undisturbed.all().keySet());
      }
    }
  }

  /** All crashes of one DAG, added up. */
  private final class Trials {
    private final Outputs undisturbed;
    private final int saves;
    private final boolean pipelined;
    private final Set<Integer> points = new HashSet<>();
    private int crashes;
    private long bodies;
    private long reused;

    Trials(Outputs undisturbed, int saves, boolean pipelined, int bodies) {
      this.undisturbed = undisturbed;
      this.saves = saves;
      this.pipelined = pipelined;
      this.bodies = bodies;
    }

    void crash(int mostPoints, int concurrency) throws InterruptedException {
      for (int save : spread(saves, mostPoints, seed)) {
        points.add(save);
        for (SaveFault.Moment moment : SaveFault.Moment.values()) {
          if (pipelined || moment != SaveFault.Moment.LATER) {
            CrashPoint point = new CrashPoint(moment, save, saves, concurrency);
            CrashTrial.Effort effort = new CrashTrial(CrashPoints.this, point, undisturbed).run();
            crashes++;
            bodies += effort.bodies();
            reused += effort.reused();
          }
        }
      }
    }

    Tried tried() {
      return new Tried(
          saves,
          points.size(),
          crashes,
          bodies,
          reused,
          points.size() < saves ? OptionalLong.of(seed) : OptionalLong.empty());
    }
  }

  /** So many numbers from 1 to {@code count}, one out of each of as many equal parts. */
  static List<Integer> spread(int count, int most, long seed) {
    int parts = Math.min(count, most);
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> chosen = new ArrayList<>(parts);
    for (int part = 0; part < parts; part++) {
      int from = (int) ((long) count * part / parts);
      int to = (int) ((long) count * (part + 1) / parts);
      chosen.add(1 + random.nextInt(from, to));
    }
    return chosen;
  }

  Dag newDag() {
    return dags.get();
  }

  Place newPlace() {
    return stores == null ? Place.inMemory() : Place.inDirectory(stores);
  }

  Consumer<? super Duraflow.Builder> duraflow() {
    return duraflow;
  }

  boolean ignores(String taskId) {
    int bracket = taskId.indexOf('[');
    return ignored.contains(taskId)
        || (bracket > 0 && ignored.contains(taskId.substring(0, bracket)));
  }

  String seedInWords() {
    return most == Integer.MAX_VALUE ? "" : ", seed " + seed;
  }
}
