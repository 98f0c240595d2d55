package dev.duraflow.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.TaskWorker;
import dev.duraflow.cluster.ClusterEngine;
import dev.duraflow.cluster.ClusterWorker;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.jdbc.JdbcStore;
import dev.duraflow.remote.DagFactories;
import dev.duraflow.remote.DagFactory;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.SharedStore;
import dev.duraflow.store.Store;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The code of the guide's chapter on other machines. */
final class RemoteGuideTest {
  // snippet: remote-factory
  public record Site(String name, int pages) {
    List<String> urls() {
      return IntStream.range(0, pages).mapToObj(i -> name + "/" + i).toList();
    }
  }

  static final DagFactory<Site> CRAWL =
      DagFactory.named("crawl", Site.class, RemoteGuideTest::crawl);

  static Dag crawl(Site site) {
    Dag dag = Dag.named("crawl");
    Task<List<String>> pages = dag.task("pages", site::urls).local();
    Task<List<Integer>> words = dag.map("words", pages, page -> page, RemoteGuideTest::count);
    dag.task("total", words, RemoteGuideTest::sum);
    return dag;
  }
  // end

  static int count(String page) {
    return page.length();
  }

  static int sum(List<Integer> all) {
    return all.stream().mapToInt(n -> n).sum();
  }

  @Test
  void cluster() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.builder()
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .start();
        HikariDataSource dataSource = pool(server);
        AutoCloseable worker = worker(dataSource, JdbcStore.on(dataSource))) {
      assertThat(worker).isNotNull();
      // snippet: remote-run
      Dag dag = CRAWL.create(new Site("example.org", 12));
      try (ClusterEngine engine = ClusterEngine.on(dataSource);
          Duraflow duraflow = Duraflow.builder()
              .store(JdbcStore.on(dataSource))
              .taskEngine(engine)
              .build()) {
        Run run = duraflow.run(dag, "example.org");
        int total = run.find("total", Integer.class).orElseThrow();
        // hide
        assertThat(total).isEqualTo(10 * 13 + 2 * 14);
        // show
      }
      // end
    }
  }

  private static HikariDataSource pool(EmbeddedPostgres server) {
    HikariConfig config = new HikariConfig();
    config.setDataSource(server.getPostgresDatabase());
    config.setMaximumPoolSize(30);
    return new HikariDataSource(config);
  }

  /** As another process would; closing it ends that. */
  private static AutoCloseable worker(DataSource dataSource, SharedStore store) {
    CountDownLatch end = new CountDownLatch(1);
    FutureTask<Void> process = new FutureTask<>(() -> {
      work(dataSource, store, end);
      return null;
    });
    new Thread(process).start();
    return () -> {
      end.countDown();
      process.get();
    };
  }

  private static void work(DataSource dataSource, SharedStore store, CountDownLatch end)
      throws InterruptedException {
    // snippet: remote-worker
    TaskWorker tasks = TaskWorker.on(store, DagFactories.of(CRAWL));
    try (ClusterWorker worker = ClusterWorker.start(dataSource, tasks)) {
      end.await();
      // hide
      assertThat(worker).isNotNull();
      // show
    }
    // end
  }

  @Test
  void inProcess() {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      // snippet: remote-in-process
      SharedStore store = Store.inMemory();
      TaskEngine engine = TaskWorker.on(store, DagFactories.of(CRAWL)).inProcess(threads);
      try (Duraflow duraflow =
          Duraflow.builder().store(store).taskEngine(engine).build()) {
        Run run = duraflow.run(CRAWL.create(new Site("example.org", 3)), "test");
        assertThat(run.find("total", Integer.class)).contains(39);
      }
      // end
    } finally {
      threads.shutdown();
    }
  }
}
