package dev.duraflow.examples.howto;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/** Retries: a server refuses the first two requests for each page, and all pages come in the end. */
public final class RetryExample {
  private RetryExample() {}

  public static void main(String[] args) {
    System.exit(Session.execute("retry", RetryExample::run, args));
  }

  static void run(Session session) throws Exception {
    try (LocalSite site = flakySite()) {
      Dag dag = Dag.named("retry");
      Task<List<Integer>> numbers = dag.task(
              "stations", () -> IntStream.rangeClosed(1, 12).boxed().toList())
          .returns(new TypeRef<>() {});
      Task<List<Integer>> temperatures = dag.map("temperature", numbers, String::valueOf, n -> {
            session.pause();
            return Integer.parseInt(site.fetch("/station/" + n));
          })
          .retry(Retry.times(4)
              .backoff(Duration.ofMillis(10), Duration.ofSeconds(1))
              .jitter(0.5)
              .retryIf(e -> e instanceof IOException))
          .timeout(Duration.ofSeconds(10));
      Task<Integer> warmest =
          dag.stream("warmest", temperatures, all -> all.max(Integer::compare).orElseThrow());

      System.out.println("warmest: " + session.run(dag, warmest));
      session.tell("the server got " + site.requests() + " requests this time");
    }
  }

  private static LocalSite flakySite() throws IOException {
    ConcurrentHashMap<String, Integer> requests = new ConcurrentHashMap<>();
    return LocalSite.serve(path -> {
      if (requests.merge(path, 1, Integer::sum) < 3) {
        throw new IOException("too busy");
      }
      int station = Integer.parseInt(path.substring(path.lastIndexOf('/') + 1));
      return String.valueOf(station * 7 % 13);
    });
  }
}
