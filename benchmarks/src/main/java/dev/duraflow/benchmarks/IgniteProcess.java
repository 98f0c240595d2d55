package dev.duraflow.benchmarks;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.examples.cluster.ChildProcess;
import dev.duraflow.examples.cluster.Parent;
import dev.duraflow.ignite.IgniteSettings;
import dev.duraflow.ignite.IgniteWorker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.ignite.Ignition;
import org.apache.ignite.cluster.ClusterNode;
import org.apache.ignite.compute.ComputeJob;
import org.apache.ignite.compute.ComputeJobAdapter;
import org.apache.ignite.compute.ComputeJobResult;
import org.apache.ignite.compute.ComputeTaskAdapter;
import org.jspecify.annotations.Nullable;

/** A process with a server node and a worker in it; it ends with the one that started it. */
final class IgniteProcess {
  /** What a server node needs, as Ignite's own scripts have it. */
  private static final List<String> OPENED = List.of(
      "java.base/jdk.internal.access",
      "java.base/jdk.internal.misc",
      "java.base/sun.nio.ch",
      "java.base/sun.util.calendar",
      "java.management/com.sun.jmx.mbeanserver",
      "jdk.internal.jvmstat/sun.jvmstat.monitor",
      "java.base/sun.reflect.generics.reflectiveObjects",
      "jdk.management/com.sun.management.internal",
      "java.base/java.io",
      "java.base/java.nio",
      "java.base/java.net",
      "java.base/java.util",
      "java.base/java.util.concurrent",
      "java.base/java.util.concurrent.locks",
      "java.base/java.util.concurrent.atomic",
      "java.base/java.lang",
      "java.base/java.lang.invoke",
      "java.base/java.math",
      "java.sql/java.sql",
      "java.base/java.lang.reflect",
      "java.base/java.time",
      "java.base/java.text",
      "java.management/sun.management",
      "java.desktop/java.awt.font");

  private static final String READY = "ready";

  private IgniteProcess() {}

  /** Returns when the worker is ready. */
  static ChildProcess start(Site site, IgniteNode node, int threads) throws IOException {
    List<String> options = new ArrayList<>();
    for (String opened : OPENED) {
      options.add("--add-opens=" + opened + "=ALL-UNNAMED");
    }
    if (Runtime.version().feature() >= 23) {
      options.add("--sun-misc-unsafe-memory-access=allow");
    }
    options.addAll(List.of(
        "-DIGNITE_UPDATE_NOTIFIER=false",
        "-DIGNITE_NO_ASCII=true",
        "-Djava.net.preferIPv4Stack=true"));
    ChildProcess process = ChildProcess.start(
        options,
        IgniteProcess.class,
        List.of(
            site.url(),
            Integer.toString(threads),
            site.directory().toString(),
            Integer.toString(node.discovery()),
            Integer.toString(node.communication()),
            Integer.toString(node.clients()),
            Integer.toString(node.seed())));
    WorkerProcess.await(READY, process.output());
    return process;
  }

  /** Arguments: the URL of the database, how many threads, a directory, and the ports of a node. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Parent.whenGone(() -> Runtime.getRuntime().halt(0));
    IgniteNode node = new IgniteNode(port(args[3]), port(args[4]), port(args[5]), port(args[6]));
    Path directory = Files.createTempDirectory(Path.of(args[2]), "ignite");
    HikariDataSource pool = Site.pool(args[0]);
    IgniteWorker.start(
        Ignition.start(node.configuration(directory)),
        TaskWorker.on(Site.store(pool), PlacedTasks.ALL),
        IgniteSettings.defaults().withThreads(Integer.parseInt(args[1])));
    System.out.println(READY);
    new CountDownLatch(1).await();
  }

  private static int port(String text) {
    return Integer.parseInt(text);
  }

  /** A task of Ignite's own with one empty job, at any node. */
  static final class Nothing extends ComputeTaskAdapter<String, String> {
    private static final long serialVersionUID = 1L;

    @Override
    public Map<? extends ComputeJob, ClusterNode> map(
        List<ClusterNode> nodes, @Nullable String argument) {
      return Map.of(new Job(), nodes.get(0));
    }

    @Override
    public String reduce(List<ComputeJobResult> results) {
      return "";
    }

    private static final class Job extends ComputeJobAdapter {
      private static final long serialVersionUID = 1L;

      @Override
      public String execute() {
        return "";
      }
    }
  }
}
