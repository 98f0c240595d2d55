package dev.duraflow.ignite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.TaskWorker;
import dev.duraflow.dag.Dag;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.Store;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.ignite.Ignite;
import org.apache.ignite.Ignition;
import org.apache.ignite.configuration.ClientConfiguration;
import org.apache.ignite.configuration.ClientConnectorConfiguration;
import org.apache.ignite.configuration.IgniteConfiguration;
import org.apache.ignite.configuration.ThinClientConfiguration;
import org.junit.jupiter.api.Test;

/** The code that the guide shows of this module. */
final class IgniteGuideTest {
  private static final DagFactory<?> CRAWL = DagFactory.named("crawl", () -> {
    Dag dag = Dag.named("crawl");
    dag.task("total", () -> 156);
    return dag;
  });

  private final Node node = Node.alone();
  private final SharedStore store = Store.inMemory();
  private final CountDownLatch ready = new CountDownLatch(1);
  private final CountDownLatch end = new CountDownLatch(1);

  @Test
  void runAndWorker() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Future<?> worker = threads.submit(() -> {
        work(node.configuration(0));
        return null;
      });
      ready.await();
      run(CRAWL.create(), node.address());
      end.countDown();
      worker.get();
    } finally {
      threads.shutdownNow();
    }
  }

  private void run(Dag dag, String... addresses) {
    // snippet: ignite-run
    ClientConfiguration client = new ClientConfiguration()
        .setAddresses(addresses) // of several server nodes, as "ignite-1:10800"
        .setHandshakeTimeout(5_000)
        .setRequestTimeout(5_000); // after which a node that says nothing is left
    try (IgniteEngine engine = IgniteEngine.on(client);
        Duraflow duraflow = Duraflow.builder().store(store).taskEngine(engine).build()) {
      Run run = duraflow.run(dag, "example.org");
      int total = run.find("total", Integer.class).orElseThrow();
      // hide
      assertThat(total).isEqualTo(156);
      // show
    }
    // end
  }

  private void work(IgniteConfiguration configuration) throws InterruptedException {
    // snippet: ignite-worker
    configuration.setClientConnectorConfiguration(new ClientConnectorConfiguration()
        .setThinClientConfiguration(
            new ThinClientConfiguration().setMaxActiveComputeTasksPerConnection(1_000)));
    // hide
    configuration.getClientConnectorConfiguration().setHost("127.0.0.1").setPort(node.clients());
    // show
    try (Ignite ignite = Ignition.start(configuration);
        TaskWorker tasks = TaskWorker.on(store, DagFactories.of(CRAWL));
        IgniteWorker worker = IgniteWorker.start(ignite, tasks)) {
      // hide
      assertThat(worker).isNotNull();
      ready.countDown();
      // show
      end.await();
    }
    // end
  }
}
