package dev.duraflow.examples.howto;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** A loop to convergence: the rank of pages that link to each other, in steps that go on until one changes nothing. */
public final class LoopExample {
  private static final double DAMPING = 0.85;
  private static final double ENOUGH = 1e-6;

  /** For each page, those that it links to. */
  private static final List<List<Integer>> LINKS =
      List.of(List.of(1, 2), List.of(2), List.of(0), List.of(2, 0), List.of(0, 3));

  private LoopExample() {}

  public static void main(String[] args) {
    System.exit(Session.execute("loop", LoopExample::run, args));
  }

  /** How often a page is come by, for each page, after some steps; and by how much the last step changed that. */
  record Ranks(int steps, List<Double> of, double change) {
    static Ranks equal() {
      int pages = LINKS.size();
      return new Ranks(
          0, IntStream.range(0, pages).mapToObj(page -> 1.0 / pages).toList(), 1);
    }

    Ranks next() {
      double[] next = new double[of.size()];
      for (int page = 0; page < next.length; page++) {
        next[page] += (1 - DAMPING) / next.length;
        for (int target : LINKS.get(page)) {
          next[target] += DAMPING * of.get(page) / LINKS.get(page).size();
        }
      }
      double change = IntStream.range(0, next.length)
          .mapToDouble(page -> Math.abs(next[page] - of.get(page)))
          .max()
          .orElse(0);
      List<Double> ranks =
          IntStream.range(0, next.length).mapToObj(page -> next[page]).toList();
      return new Ranks(steps + 1, ranks, change);
    }
  }

  /** The ranks from which on nothing changes: those given, or those from the next ones on. */
  private static Task<Ranks> converged(Session session, Dag dag, Task<Ranks> given) {
    return dag.expand("next", given, (sub, ranks) -> {
          Task<Ranks> next = sub.task("step", () -> {
            session.pause();
            return ranks.next();
          });
          return ranks.change() < ENOUGH ? next : converged(session, sub, next);
        })
        .returns(Ranks.class);
  }

  static void run(Session session) {
    Dag dag = Dag.named("loop");
    Task<Ranks> first = dag.task("first", Ranks::equal);
    Task<Ranks> last = converged(session, dag, first);
    Task<String> text = dag.task("text", last, ranks -> {
      StringBuilder lines = new StringBuilder(ranks.steps() + " steps");
      for (int page = 0; page < ranks.of().size(); page++) {
        lines.append(
            String.format(Locale.ROOT, "%npage %d: %.4f", page, ranks.of().get(page)));
      }
      return lines.toString();
    });

    System.out.println(session.run(dag, text));
  }
}
