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

  private static final int MIN_MIB = 32;

  private Heap() {}

  static List<Measurement> measurements() {
    return List.of(new Measurement("heap.1m", Heap::large));
  }

  private static List<Result> large(Lab lab) throws Exception {
    int tasks = lab.sizes().many();
    int limit = Math.max(MIN_MIB, (int) (LIMIT_MIB * tasks / 1e6));
    Contender own = new Contender(
        "duraflow",
        () -> lab.scratch()
            .within(directory -> peak(limit, HeapProbe.Subject.DURAFLOW, tasks, directory)));
    Contender kept = new Contender(
        "all outputs kept",
        () -> lab.scratch()
            .within(directory -> peak(4 * limit, HeapProbe.Subject.ALL_KEPT, tasks, directory)));
    return new Comparison("heap.1m", tasks, Unit.MEBIBYTES, Target.of(limit), own, List.of(kept))
        .measure(lab.effort().cold(1));
  }

  private static double peak(int heapMib, HeapProbe.Subject subject, int tasks, Path directory)
      throws IOException, InterruptedException {
    Process probe = new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx" + heapMib + "m",
            "-cp",
            System.getProperty("java.class.path"),
            HeapProbe.class.getName(),
            subject.name(),
            Integer.toString(tasks),
            directory.toString())
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
