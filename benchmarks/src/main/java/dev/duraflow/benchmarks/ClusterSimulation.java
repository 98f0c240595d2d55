package dev.duraflow.benchmarks;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * A run of independent tasks on a cluster, event by event: a queueing network with the coordinator, the processors of the database
 * and the slots of the workers as its stations.
 *
 * <p>The coordinator submits what it may, as many at a time as have come up since it submitted last. The database stores that,
 * tells all workers, and those with a free slot ask for work, most of them in vain. A body runs, its record and its end are stored
 * while it holds its slot, and the coordinator looks for the record. All of that takes times of the database or of the coordinator,
 * whichever of their processors is free first.
 */
final class ClusterSimulation {
  /**
   * A cluster.
   *
   * @param inFlight how many tasks the coordinator lets be elsewhere at once
   * @param costs what was measured
   */
  record Site(
      int workers,
      int threads,
      Duration body,
      int inFlight,
      int databaseCores,
      int coordinatorCores,
      Costs costs) {

    /** One with a large machine for the database, and bodies enough in flight. */
    static Site measured(int workers, int threads, Duration body) {
      return new Site(workers, threads, body, 2 * workers * threads, 32, 4, Costs.MEASURED);
    }

    /** What no schedule can exceed: the least of what slots, database and coordinator can do, each by itself. */
    Bound bound() {
      double slots = workers * threads / (body.toNanos() / 1e9);
      double database = databaseCores * 1e6 / costs.databaseMicros();
      double coordinator = coordinatorCores * 1e6 / costs.coordinatorMicros();
      double least = Math.min(slots, Math.min(database, coordinator));
      String what = least == slots
          ? "what the slots can do"
          : least == database ? "what the database can do" : "what the coordinator can do";
      return new Bound(least, what);
    }
  }

  record Bound(double tasksPerSecond, String what) {}

  /**
   * Processor time, in microseconds.
   *
   * @param submitBatch of the database, for a batch of invocations
   * @param submitEach more for each of them
   * @param wake of the database, for each worker that is told of a batch
   * @param fetch of the database, for each worker that asks for work, also if there is none
   * @param perform of the database, for what a task reads, its record and its end
   * @param find of the database, for the look of the coordinator
   * @param coordinate of the coordinator
   */
  record Costs(
      double submitBatch,
      double submitEach,
      double wake,
      double fetch,
      double perform,
      double find,
      double coordinate) {
    /**
     * By the system's account of processor time, at 1,500 tasks a second on two workers and two cores: 700 of the database
     * and 180 of the coordinator for a task; and 59 for each of 60 connections that listen and are told something, 47 for a
     * look at an empty table. How the 700 are spread over the statements is by how long each took.
     */
    static final Costs MEASURED = new Costs(200, 60, 60, 50, 500, 60, 180);

    /** Of a task, when batches are large and nobody asks in vain. */
    double databaseMicros() {
      return submitEach + perform + find;
    }

    double coordinatorMicros() {
      return coordinate;
    }
  }

  /**
   * What came of it in the middle of the run, when all slots have had work and there is more of it. All but the first are the part
   * of the time that something was busy.
   */
  record Outcome(
      double tasksPerSecond, double databaseBusy, double coordinatorBusy, double slotsBusy) {}

  private record Event(double at, Runnable action) {}

  /** Processors that take jobs in the order in which they come. */
  private final class Station {
    private final Deque<Event> waiting = new ArrayDeque<>(); // at: how long it takes
    private int free;
    private double busyMicros;

    Station(int processors) {
      this.free = processors;
    }

    void work(double micros, Runnable then) {
      waiting.add(new Event(micros, then));
      next();
    }

    private void next() {
      while (free > 0 && !waiting.isEmpty()) {
        Event job = waiting.remove();
        free--;
        busyMicros += job.at();
        after(job.at(), () -> {
          free++;
          job.action().run();
          next();
        });
      }
    }
  }

  private final Site site;
  private final int tasks;
  private final Random random;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>((one, other) -> Double.compare(one.at(), other.at()));
  private final Station database;
  private final Station coordinator;
  private double now;
  private double slotMicros;

  private int unsubmitted;
  private int ready;
  private int inFlight;
  private boolean submitting;
  private int queued;
  private final int[] idle;
  private int done;

  private ClusterSimulation(Site site, int tasks, long seed) {
    this.site = site;
    this.tasks = tasks;
    this.random = new Random(seed);
    this.database = new Station(site.databaseCores());
    this.coordinator = new Station(site.coordinatorCores());
    this.unsubmitted = tasks;
    this.idle = new int[site.workers()];
  }

  static Outcome run(Site site, int tasks, long seed) {
    return new ClusterSimulation(site, tasks, seed).run();
  }

  private Outcome run() {
    Arrays.fill(idle, site.threads());
    admit();
    Reading first = until(tasks / 5);
    Reading last = until(tasks / 5 * 4);
    double micros = last.at() - first.at();
    return new Outcome(
        (last.done() - first.done()) / micros * 1e6,
        (last.database() - first.database()) / micros / site.databaseCores(),
        (last.coordinator() - first.coordinator()) / micros / site.coordinatorCores(),
        (last.slots() - first.slots()) / micros / site.workers() / site.threads());
  }

  /** How far it was at some time; processor time in microseconds. */
  private record Reading(double at, int done, double database, double coordinator, double slots) {}

  private Reading until(int wanted) {
    while (done < wanted) {
      Event event = events.remove();
      now = event.at();
      event.action().run();
    }
    return new Reading(now, done, database.busyMicros, coordinator.busyMicros, slotMicros);
  }

  private void after(double micros, Runnable action) {
    events.add(new Event(now + micros, action));
  }

  /** Lets tasks go out, as many as may be in flight. */
  private void admit() {
    while (unsubmitted > 0 && inFlight < site.inFlight()) {
      unsubmitted--;
      inFlight++;
      ready++;
    }
    submit();
  }

  private void submit() {
    if (submitting || ready == 0) {
      return;
    }
    submitting = true;
    int batch = Math.min(ready, 1_000);
    ready -= batch;
    Costs costs = site.costs();
    database.work(costs.submitBatch() + batch * costs.submitEach(), () -> {
      queued += batch;
      submitting = false;
      tell();
      submit();
    });
  }

  /** All workers are told; those with a free slot ask. */
  private void tell() {
    database.work(site.costs().wake() * site.workers(), () -> {});
    int first = random.nextInt(idle.length);
    for (int i = 0; i < idle.length; i++) {
      ask((first + i) % idle.length);
    }
  }

  private void ask(int worker) {
    if (idle[worker] > 0 && queued > 0) {
      database.work(site.costs().fetch(), () -> fetch(worker));
    }
  }

  private void fetch(int worker) {
    int taken = Math.min(idle[worker], queued);
    queued -= taken;
    idle[worker] -= taken;
    for (int i = 0; i < taken; i++) {
      begin(worker);
    }
  }

  private void begin(int worker) {
    double began = now;
    double micros = site.body().toNanos() / 1e3 * -Math.log(1 - random.nextDouble());
    after(
        micros,
        () -> database.work(site.costs().perform(), () -> {
          slotMicros += now - began;
          idle[worker]++;
          ask(worker);
          coordinator.work(
              site.costs().coordinate(), () -> database.work(site.costs().find(), this::end));
        }));
  }

  private void end() {
    done++;
    inFlight--;
    admit();
  }
}
