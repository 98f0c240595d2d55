package dev.duraflow.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** What a large run keeps in memory, measured by {@link HeapProbe} in JVMs of their own. */
final class Heap {
  /** For a million tasks. */
  private static final double LIMIT_MIB = 512;

  /** The same for a run on a PostgreSQL. */
  private static final double SHARED_LIMIT_MIB = 1_024;

  private static final int MIN_MIB = 32;

  private Heap() {}

  static List<Measurement> measurements() {
    return List.of(new Measurement("heap.1m", Heap::large));
  }

  private static List<Result> large(Lab lab) throws Exception {
    return lab.scratch()
        .within(directory ->
            beside(lab, "heap.1m", LIMIT_MIB, HeapProbe.Subject.JOURNAL, directory.toString()));
  }

  static List<Result> onPostgres(Lab lab, Site site) throws Exception {
    return beside(
        lab, "postgres.heap.1m", SHARED_LIMIT_MIB, HeapProbe.Subject.POSTGRES, site.url());
  }

  private static List<Result> beside(
      Lab lab, String name, double limitMib, HeapProbe.Subject subject, String place)
      throws Exception {
    int tasks = lab.sizes().many();
    int limit = Math.max(MIN_MIB, (int) (limitMib * tasks / 1e6));
    return new Comparison(
            name,
            tasks,
            Unit.MEBIBYTES,
            Target.of(limit),
            new Contender("duraflow", () -> peak(limit, subject, tasks, place)),
            List.of(new Contender(
                "all outputs kept",
                () -> peak(4 * limit, HeapProbe.Subject.ALL_KEPT, tasks, place))))
        .measure(lab.effort().cold(1));
  }

  private static double peak(int heapMib, HeapProbe.Subject subject, int tasks, String place)
      throws IOException, InterruptedException {
    Process probe = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx" + heapMib + "m",
            "-cp",
            System.getProperty("java.class.path"),
            HeapProbe.class.getName(),
            subject.name(),
            Integer.toString(tasks),
            place)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
    try (BufferedReader answer = probe.inputReader(StandardCharsets.UTF_8)) {
      String line = answer.readLine();
      int status = probe.waitFor();
      if (status != 0 || line == null) {
        throw new IOException("a JVM with a heap of " + heapMib + " MiB ended with status " + status
            + " on " + tasks + " tasks");
      }
      return Double.parseDouble(line);
    } finally {
      probe.destroyForcibly();
    }
  }
}
