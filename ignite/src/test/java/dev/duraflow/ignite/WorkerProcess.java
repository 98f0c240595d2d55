package dev.duraflow.ignite;

import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.TaskWorker;
import dev.duraflow.cluster.Effects;
import dev.duraflow.cluster.ForkedJvm;
import dev.duraflow.cluster.PostgresServer;
import dev.duraflow.jdbc.JdbcStore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.ignite.Ignite;

/** A process with a server node and perhaps a worker, until it is killed. */
final class WorkerProcess {
  private WorkerProcess() {}

  /** @param threads of its worker; without one if 0 */
  static ForkedJvm start(Node node, String url, int threads) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(url, String.valueOf(threads)));
    arguments.addAll(node.arguments());
    return ForkedJvm.of(jvmOptions(), WorkerProcess.class, arguments.toArray());
  }

  /** Those that Ignite wants, which this JVM has been given, and what makes it start with half the work. */
  private static List<String> jvmOptions() {
    List<String> options = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    options.addAll(ownOptions("--"));
    options.addAll(ownOptions("-Djava.io.tmpdir"));
    for (String name : List.of("IGNITE_UPDATE_NOTIFIER", "IGNITE_NO_ASCII")) {
      options.add("-D" + name + "=" + System.getProperty(name));
    }
    return options;
  }

  /** What this JVM was given. */
  static List<String> ownOptions(String prefix) {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith(prefix))
        .toList();
  }

  public static void main(String... arguments) throws InterruptedException {
    List<String> all = List.of(arguments);
    int threads = Integer.parseInt(all.get(1));
    Ignite ignite = Node.of(all.subList(2, all.size())).start();
    if (threads > 0) {
      HikariDataSource pool = PostgresServer.pool(all.get(0), 20);
      TaskWorker tasks = TaskWorker.on(JdbcStore.on(pool), Effects.FACTORIES);
      IgniteWorker.start(ignite, tasks, IgniteSettings.defaults().withThreads(threads));
    }
    System.out.println("ready");
    new CountDownLatch(1).await();
  }
}
