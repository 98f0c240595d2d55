package dev.duraflow.engine;

import dev.duraflow.codec.Codec;
import dev.duraflow.dag.Dag;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.Invocation;
import dev.duraflow.store.OpenRun;
import dev.duraflow.store.SharedStore;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The runs that a worker has joined. A few stay joined when nothing of them is being performed, since the next task of the same run
 * takes the same DAG and often the same inputs. Thread-safe: {@link #lock} guards the map and how many use an entry; joining is done
 * under the entry's own.
 */
public final class Guests implements AutoCloseable {
  private static final int MOST_UNUSED = 8;

  private final SharedStore store;
  private final DagFactories factories;
  private final Codec codec;
  private final Clock clock;

  private final ReentrantLock lock = new ReentrantLock();
  /** The one that was used longest ago comes first. */
  private final Map<Ownership, Joined> all = new LinkedHashMap<>(16, 0.75f, true);

  /** A run in the hands of one owner, who has declared it in one way. */
  private record Ownership(String runId, long epoch, String factory, String parameters) {
    static Ownership of(Invocation invocation) {
      return new Ownership(
          invocation.runId(), invocation.epoch(), invocation.factory(), invocation.parameters());
    }
  }

  private static final class Joined {
    final ReentrantLock joining = new ReentrantLock();
    final Set<Performance> performances = ConcurrentHashMap.newKeySet();
    int users;

    @Nullable
    GuestRun run;
  }

  public Guests(SharedStore store, DagFactories factories, Codec codec, Clock clock) {
    this.store = store;
    this.factories = factories;
    this.codec = codec;
    this.clock = clock;
  }

  /** Has an invocation performed in the calling thread; throws what {@link Performance#perform} throws. */
  public void perform(Invocation invocation, Performance performance) {
    Joined joined = use(Ownership.of(invocation));
    joined.performances.add(performance);
    try {
      performance.perform(() -> join(invocation, joined));
    } finally {
      joined.performances.remove(performance);
      leave(joined);
    }
  }

  /** A run that has another owner by now is joined still; looking for a record in it says so, before a body is called. */
  private GuestRun join(Invocation invocation, Joined joined) {
    joined.joining.lock();
    try {
      GuestRun known = joined.run;
      if (known == null) {
        OpenRun run = store.join(invocation.runId(), invocation.epoch());
        known = declare(invocation, joined, run);
        joined.run = known;
      }
      return known;
    } finally {
      joined.joining.unlock();
    }
  }

  private GuestRun declare(Invocation invocation, Joined joined, OpenRun run) {
    try {
      Dag dag = factories.declare(invocation.factory(), invocation.parameters());
      Records records = Records.ofGuest(invocation.runId(), run, codec);
      GuestRun declared = new GuestRun(dag, records, new TaskSteps(records, clock));
      run.stopRequested()
          .whenComplete((by, lost) -> joined.performances.forEach(Performance::cancel));
      return declared;
    } catch (Throwable t) {
      run.close();
      throw t;
    }
  }

  private Joined use(Ownership ownership) {
    lock.lock();
    try {
      Joined joined = all.computeIfAbsent(ownership, key -> new Joined());
      joined.users++;
      return joined;
    } finally {
      lock.unlock();
    }
  }

  private void leave(Joined joined) {
    List<Joined> left = new ArrayList<>();
    lock.lock();
    try {
      joined.users--;
      long unused = all.values().stream().filter(other -> other.users == 0).count();
      for (Iterator<Joined> eldest = all.values().iterator(); unused > MOST_UNUSED; ) {
        Joined other = eldest.next();
        if (other.users == 0) {
          eldest.remove();
          left.add(other);
          unused--;
        }
      }
    } finally {
      lock.unlock();
    }
    close(left);
  }

  @Override
  public void close() {
    List<Joined> left;
    lock.lock();
    try {
      left = List.copyOf(all.values());
      all.clear();
    } finally {
      lock.unlock();
    }
    close(left);
  }

  private static void close(List<Joined> left) {
    for (Joined joined : left) {
      GuestRun run = joined.run;
      if (run != null) {
        run.close();
      }
    }
  }
}
