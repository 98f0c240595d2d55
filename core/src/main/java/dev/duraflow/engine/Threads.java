package dev.duraflow.engine;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The threads that bodies run on if the user brings no executor: virtual ones where Java has them, else a bounded pool. */
public final class Threads {
  /** Bodies in flight on virtual threads: many, since they may block, and bounded, since each holds its inputs. */
  private static final int VIRTUAL = 1_000;

  private static final int PLATFORM = 64;
  private static final @Nullable ThreadFactory VIRTUAL_THREADS = virtualThreads();

  private Threads() {}

  /** How many bodies are in flight at most, unless the user says otherwise. */
  public static int defaultConcurrency() {
    return VIRTUAL_THREADS == null ? PLATFORM : VIRTUAL;
  }

  public static Executor defaultExecutor() {
    ThreadFactory virtual = VIRTUAL_THREADS;
    if (virtual != null) {
      return task -> virtual.newThread(task).start();
    }
    return new ThreadPoolExecutor(
        0, Integer.MAX_VALUE, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
          Thread thread = new Thread(task, "duraflow");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Wakes what waits for a time; without a thread while nothing does. */
  public static ScheduledExecutorService defaultScheduler() {
    ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1, task -> {
      Thread thread = new Thread(task, "duraflow-timer");
      thread.setDaemon(true);
      return thread;
    });
    scheduler.setRemoveOnCancelPolicy(true);
    scheduler.setKeepAliveTime(5, TimeUnit.SECONDS);
    scheduler.allowCoreThreadTimeOut(true);
    return scheduler;
  }

  /** Looked up once: this code is compiled for Java 17, which does not know them. */
  private static @Nullable ThreadFactory virtualThreads() {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      type.getMethod("name", String.class).invoke(builder, "duraflow");
      return (ThreadFactory) type.getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException | UnsupportedOperationException e) {
      return null; // Java 17, or 20 and its preview
    }
  }
}
