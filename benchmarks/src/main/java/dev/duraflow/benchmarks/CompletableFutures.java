package dev.duraflow.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ForkJoinPool;

/**
 * Futures wired by hand on a pool of two threads. They would begin to run while they are wired; a gate before the first ones holds
 * them back, so that wiring and running can be told apart.
 */
final class CompletableFutures implements Runner {
  private final ForkJoinPool pool = new ForkJoinPool(2);

  @Override
  public String name() {
    return "CompletableFuture";
  }

  @Override
  public Graph wire(Shape shape) {
    CompletableFuture<Boolean> gate = new CompletableFuture<>();
    List<CompletableFuture<Integer>> futures = new ArrayList<>(shape.size());
    for (int i = 0; i < shape.size(); i++) {
      int[] before = shape.dependencies(i);
      futures.add(
          switch (before.length) {
            case 0 -> gate.thenApplyAsync(open -> Shape.first(), pool);
            case 1 -> futures.get(before[0]).thenApplyAsync(Shape::next, pool);
            default ->
              futures.get(before[0]).thenCombineAsync(futures.get(before[1]), Shape::join, pool);
          });
    }
    CompletableFuture<Void> all = CompletableFuture.allOf(ends(shape, futures));
    CompletableFuture<Integer> last = futures.get(futures.size() - 1);
    return () -> {
      gate.complete(true);
      all.join();
      return last.join();
    };
  }

  private static CompletableFuture<?>[] ends(
      Shape shape, List<CompletableFuture<Integer>> futures) {
    boolean[] ends = shape.ends();
    List<CompletableFuture<?>> found = new ArrayList<>();
    for (int i = 0; i < ends.length; i++) {
      if (ends[i]) {
        found.add(futures.get(i));
      }
    }
    return found.toArray(CompletableFuture<?>[]::new);
  }

  @Override
  public void close() {
    pool.shutdown();
  }
}
