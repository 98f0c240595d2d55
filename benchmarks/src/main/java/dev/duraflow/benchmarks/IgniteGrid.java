package dev.duraflow.benchmarks;

import dev.duraflow.examples.cluster.ChildProcess;
import dev.duraflow.ignite.IgniteEngine;
import dev.duraflow.remote.TaskEngine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ignite.Ignition;
import org.apache.ignite.client.IgniteClient;
import org.apache.ignite.configuration.ClientConfiguration;

/** Workers in the server nodes of an Apache Ignite cluster. */
final class IgniteGrid implements Grid {
  private final List<ChildProcess> nodes = new ArrayList<>();
  private final IgniteEngine engine;
  private final IgniteClient client;

  /** @param threads of all workers together */
  IgniteGrid(Site site, int threads) throws IOException {
    IgniteNode first = IgniteNode.alone();
    nodes.add(IgniteProcess.start(site, first, threads / WORKERS));
    for (int i = 1; i < WORKERS; i++) {
      nodes.add(IgniteProcess.start(site, first.another(), threads / WORKERS));
    }
    ClientConfiguration configuration = new ClientConfiguration()
        .setAddresses(first.address())
        .setClusterDiscoveryEnabled(false)
        .setHandshakeTimeout(5_000)
        .setRequestTimeout(5_000);
    engine = IgniteEngine.on(configuration);
    client = Ignition.startClient(configuration);
  }

  @Override
  public TaskEngine engine() {
    return engine;
  }

  @Override
  public String alone() {
    return "Ignite alone";
  }

  @Override
  public double nanosAlone(int tasks, int inFlight) throws InterruptedException {
    AtomicInteger left = new AtomicInteger(tasks);
    int first = Math.min(tasks, inFlight);
    CountDownLatch end = new CountDownLatch(first);
    long start = System.nanoTime();
    for (int i = 0; i < first; i++) {
      next(left, end);
    }
    end.await();
    return (double) (System.nanoTime() - start) / tasks;
  }

  private void next(AtomicInteger left, CountDownLatch end) {
    if (left.getAndDecrement() <= 0) {
      end.countDown();
      return;
    }
    client
        .compute()
        .<String, String>executeAsync2(IgniteProcess.Nothing.class.getName(), "")
        .whenComplete((answer, failure) -> {
          if (failure == null) {
            next(left, end);
          } else {
            throw new IllegalStateException("Ignite has refused a task", failure);
          }
        });
  }

  @Override
  public void close() {
    client.close();
    engine.close();
    nodes.forEach(ChildProcess::close);
  }
}
