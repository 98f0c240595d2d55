package dev.duraflow.examples.howto;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import java.util.ArrayList;
import java.util.List;

/** A nested DAG, and in it maps: for each region its cities, and for each city its months. */
public final class NestedExample {
  private NestedExample() {}

  public static void main(String[] args) {
    System.exit(Session.execute("nested", NestedExample::run, args));
  }

  record Region(String name, List<String> cities) {
    static List<Region> all() {
      return List.of(
          new Region("north", List.of("oslo", "kiruna")),
          new Region("south", List.of("rome", "athens", "seville")),
          new Region("west", List.of("cork")));
    }
  }

  /** A DAG for each region, side by side; the outputs of all in the order of the regions. */
  private static Task<List<String>> declareRegions(
      Session session, Dag dag, Task<List<Region>> regions) {
    return dag.expand("regions", regions, (sub, all) -> {
          List<Task<String>> each = new ArrayList<>();
          for (Region region : all) {
            Task<Region> it = sub.task("region-" + region.name(), () -> region);
            each.add(declareRegion(session, sub, it, region.name()));
          }
          return sub.gather("all", each, List::copyOf).returns(new TypeRef<List<String>>() {});
        })
        .returns(new TypeRef<List<String>>() {});
  }

  /** The tasks of one region: a map of its cities, and a map of the months of all of them. */
  private static Task<String> declareRegion(
      Session session, Dag dag, Task<Region> region, String name) {
    return dag.expand(name, region, (sub, it) -> {
          Task<List<String>> cities =
              sub.task("cities", it::cities).returns(new TypeRef<List<String>>() {});
          Task<List<Integer>> sunny = sub.map("sunny", cities, city -> city, city -> {
            session.pause();
            return 100 + Math.floorMod(city.hashCode(), 200);
          });
          return sub.task(
              "sum",
              sunny,
              days -> it.name() + ": " + days.stream().mapToInt(n -> n).sum());
        })
        .returns(String.class);
  }

  static void run(Session session) {
    Dag dag = Dag.named("nested");
    Task<List<Region>> regions = dag.task("list", Region::all);
    Task<List<String>> sunny = declareRegions(session, dag, regions);
    Task<String> report = dag.task("report", sunny, lines -> String.join(", ", lines));

    System.out.println("sunny days: " + session.run(dag, report));
  }
}
