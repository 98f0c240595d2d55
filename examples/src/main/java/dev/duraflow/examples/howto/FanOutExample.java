package dev.duraflow.examples.howto;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** A fan-out whose size is known at run time: a task for each range of numbers, and the sum of what they find. */
public final class FanOutExample {
  private static final int RANGE = 10_000;

  private FanOutExample() {}

  public static void main(String[] args) {
    System.exit(Session.execute("fan-out", FanOutExample::run, args));
  }

  /** Numbers from a first to before an end. */
  record Range(long first, long end) {
    String name() {
      return first + "-" + (end - 1);
    }

    long countPrimes() {
      return LongStream.range(first, end).filter(Range::isPrime).count();
    }

    private static boolean isPrime(long n) {
      return n > 1 && LongStream.iterate(2, d -> d * d <= n, d -> d + 1).noneMatch(d -> n % d == 0);
    }

    static List<Range> below(long limit) {
      List<Range> ranges = new ArrayList<>();
      for (long first = 0; first < limit; first += RANGE) {
        ranges.add(new Range(first, Math.min(limit, first + RANGE)));
      }
      return ranges;
    }
  }

  static void run(Session session) {
    Dag dag = Dag.named("fan-out");
    Task<Long> limit = dag.task("limit", () -> 250_000L);
    Task<List<Range>> ranges = dag.task("ranges", limit, Range::below);
    Task<List<Long>> counts = dag.map("primes", ranges, Range::name, range -> {
      session.pause();
      return range.countPrimes();
    });
    Task<Long> total =
        dag.task("total", counts, all -> all.stream().mapToLong(n -> n).sum());

    System.out.println("primes below 250000: " + session.run(dag, total));
  }
}
