package dev.duraflow.benchmarks;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.store.Durability;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/** A program that runs tasks with outputs of 1 KiB and prints the most that its heap ever held after a collection, in MiB. */
final class HeapProbe {
  private static final int OUTPUT_LENGTH = 1_022; // and two quotation marks around it, as JSON
  private static final int LAYER = 100;

  private final Set<String> heapPools = ManagementFactory.getMemoryPoolMXBeans().stream()
      .filter(pool -> pool.getType() == MemoryType.HEAP)
      .map(MemoryPoolMXBean::getName)
      .collect(Collectors.toUnmodifiableSet());
  private final AtomicLong peak = new AtomicLong();

  private HeapProbe() {}

  enum Subject {
    /** A layered DAG on the journal store. */
    JOURNAL {
      @Override
      Object run(int tasks, String directory) {
        Dag dag = layered(tasks);
        JournalRuns.nanosToRun(dag, Durability.STRICT, Path.of(directory));
        return dag;
      }
    },
    /** The same on the shared store. */
    POSTGRES {
      @Override
      Object run(int tasks, String url) {
        Dag dag = layered(tasks);
        try (HikariDataSource pool = Site.pool(url);
            Duraflow duraflow = Duraflow.builder().store(Site.store(pool)).build()) {
          duraflow.run(dag);
        }
        return dag;
      }
    },
    /** The outputs alone, in an array. */
    ALL_KEPT {
      @Override
      Object run(int tasks, String place) {
        String[] outputs = new String[tasks];
        for (int i = 0; i < tasks; i++) {
          outputs[i] = output(i);
        }
        return outputs;
      }
    };

    /** Answers what is alive at the end. */
    abstract Object run(int tasks, String place);
  }

  /** Arguments: subject, number of tasks, and a directory or the URL of a database. */
  public static void main(String[] args) {
    HeapProbe probe = new HeapProbe();
    probe.watch();
    Object alive = Subject.valueOf(args[0]).run(Integer.parseInt(args[1]), args[2]);
    probe.endWith(alive);
    System.out.println(probe.peak.get() / (double) (1 << 20));
  }

  private static Dag layered(int tasks) {
    Dag dag = Dag.named("heap");
    Shape shape = Shape.layered(LAYER, tasks);
    List<Task<String>> declared = new ArrayList<>(tasks);
    for (int i = 0; i < tasks; i++) {
      int[] before = shape.dependencies(i);
      String id = shape.id(i);
      declared.add(
          before.length == 0
              ? dag.task(id, () -> output(100))
              : dag.task(
                  id,
                  declared.get(before[0]),
                  declared.get(before[1]),
                  (left, right) -> output(left.length() + right.length())));
    }
    return dag;
  }

  private static String output(int number) {
    String digits = Integer.toString(number);
    return digits + "x".repeat(OUTPUT_LENGTH - digits.length());
  }

  private void watch() {
    for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
      ((NotificationEmitter) collector).addNotificationListener(this::collected, null, null);
    }
  }

  private void collected(Notification notification, Object handback) {
    if (notification
        .getType()
        .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
      Map<String, MemoryUsage> usage = GarbageCollectionNotificationInfo.from(
              (CompositeData) notification.getUserData())
          .getGcInfo()
          .getMemoryUsageAfterGc();
      seen(usage.entrySet().stream()
          .filter(pool -> heapPools.contains(pool.getKey()))
          .mapToLong(pool -> pool.getValue().getUsed())
          .sum());
    }
  }

  /** A run so small that there was no collection is seen as well. */
  private void endWith(Object alive) {
    try {
      System.gc();
      seen(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    } finally {
      Reference.reachabilityFence(alive);
    }
  }

  private void seen(long bytes) {
    peak.accumulateAndGet(bytes, Math::max);
  }
}
