package dev.duraflow.testkit;

import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Runs something in several threads that begin together. */
final class Threads {
  private Threads() {}

  /**
   * Returns when all are done, or throws what the first of them threw.
   *
   * @param body takes the thread's number from 0
   */
  static void run(int count, IntConsumer body) {
    CyclicBarrier start = new CyclicBarrier(count);
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      List<? extends Future<?>> all = IntStream.range(0, count)
          .mapToObj(number -> threads.submit(() -> {
            start.await(60, TimeUnit.SECONDS);
            body.accept(number);
            return null;
          }))
          .toList();
      for (Future<?> one : all) {
        one.get(5, TimeUnit.MINUTES);
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("the threads do not end", e);
    } finally {
      threads.shutdownNow();
    }
  }
}
