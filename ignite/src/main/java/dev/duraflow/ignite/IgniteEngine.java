package dev.duraflow.ignite;

import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import java.time.Duration;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ignite.client.ClientException;
import org.apache.ignite.configuration.ClientConfiguration;

/**
 * Places tasks with the {@linkplain IgniteWorker workers} in the server nodes of an Apache Ignite cluster, as its thin client.
 * Nodes may come and go at any time; the invocations of one that dies are performed by others.
 *
 * {@snippet :
 * ClientConfiguration client = new ClientConfiguration()
 *     .setAddresses("one:10800", "two:10800")
 *     .setHandshakeTimeout(5_000)
 *     .setRequestTimeout(5_000);
 * try (IgniteEngine engine = IgniteEngine.on(client);
 *     Duraflow duraflow = Duraflow.builder().store(store).taskEngine(engine).build()) {
 *   duraflow.run(Pages.FACTORY.create(new Site("https://example.org")), "crawl-7");
 * }
 * }
 *
 * <p>What is submitted waits here until a worker has a free thread, and goes there as a compute task that is known by name, with
 * text for an argument. If the node to which the engine is connected dies, the engine connects to another and asks the workers
 * again; they go on with what they perform. Without any worker or server node an invocation waits as long as {@link
 * IgniteSettings#patience()} says, and then fails. Thread-safe.
 */
public final class IgniteEngine implements TaskEngine, AutoCloseable {
  private final Gateway gateway;
  private final Dispatcher dispatcher;
  private final ConcurrentMap<Invocation, UnderWay> underWay = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** An engine with default settings. */
  public static IgniteEngine on(ClientConfiguration client) {
    return on(client, IgniteSettings.defaults());
  }

  /**
   * An engine with a thin client of its own.
   *
   * @param client how to connect: addresses of several server nodes, so that there is another one if one dies; timeouts, so that
   *     one that falls silent is noticed; credentials and encryption as the cluster wants them
   * @throws IllegalArgumentException if the client has no timeouts
   * @throws ClientException if no server node can be reached, or it does not know the client
   * @throws IllegalStateException if the server node does not take compute tasks of thin clients, or has not duraflow-ignite on its
   *     class path
   */
  public static IgniteEngine on(ClientConfiguration client, IgniteSettings settings) {
    IgniteEngine engine = new IgniteEngine(new Gateway(client), settings);
    try {
      engine.check(Duration.ofMillis(client.getRequestTimeout()));
    } catch (RuntimeException e) {
      engine.gateway.close();
      throw e;
    }
    engine.dispatcher.start();
    return engine;
  }

  private IgniteEngine(Gateway gateway, IgniteSettings settings) {
    this.gateway = gateway;
    this.dispatcher = new Dispatcher(gateway, settings);
  }

  private void check(Duration limit) {
    UUID any = gateway.servers().iterator().next();
    try {
      gateway
          .ask(any, Request.countThreads().text())
          .toCompletableFuture()
          .orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
          .join();
    } catch (CompletionException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      if (!(cause instanceof TimeoutException)) { // that would be said of one node only
        throw new IllegalStateException(
            "the server node does not take duraflow's tasks; server nodes need duraflow-ignite on"
                + " their class path, and a ThinClientConfiguration with"
                + " setMaxActiveComputeTasksPerConnection(1_000): "
                + cause.getMessage(),
            cause);
      }
    }
  }

  @Override
  public CompletionStage<Void> submit(Invocation invocation) {
    UnderWay own = new UnderWay(invocation, underWay, dispatcher);
    UnderWay other = underWay.putIfAbsent(invocation, own);
    if (other != null) {
      return other;
    }
    if (closed) {
      own.fail("the engine is closed", null);
    } else {
      dispatcher.submit(own);
    }
    return own;
  }

  /** Disconnects. What is under way is performed all the same, but nobody is told; its stages fail. */
  @Override
  public void close() {
    closed = true;
    dispatcher.close();
    underWay.values().forEach(one -> one.fail("the engine was closed", null));
  }
}
