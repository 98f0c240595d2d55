package dev.duraflow.ignite;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.ignite.Ignition;
import org.apache.ignite.client.ClientClusterGroup;
import org.apache.ignite.client.ClientConnectionException;
import org.apache.ignite.client.ClientException;
import org.apache.ignite.client.IgniteClient;
import org.apache.ignite.cluster.ClusterNode;
import org.apache.ignite.configuration.ClientConfiguration;
import org.apache.ignite.internal.client.thin.ClientServerError;
import org.apache.ignite.internal.processors.platform.client.ClientStatus;
import org.jspecify.annotations.Nullable;

/**
 * A thin client: the connection to whichever server node it finds. When it breaks it is dropped, and a new one is opened for the
 * next question. Used by one thread at a time.
 */
final class Gateway implements AutoCloseable {
  private final ClientConfiguration configuration;
  private @Nullable IgniteClient client;

  /** @throws IllegalArgumentException if the client would wait for ever for a server that says nothing */
  Gateway(ClientConfiguration configuration) {
    if (configuration.getRequestTimeout() <= 0 || configuration.getHandshakeTimeout() <= 0) {
      throw new IllegalArgumentException("the thin client has no timeouts, and would not notice a"
          + " server that falls silent; call setHandshakeTimeout(5_000) and"
          + " setRequestTimeout(5_000) of its ClientConfiguration");
    }
    this.configuration = configuration;
  }

  private IgniteClient client() {
    IgniteClient open = client;
    if (open == null) {
      open = Ignition.startClient(configuration);
      client = open;
    }
    return open;
  }

  /**
   * The ids of all server nodes.
   *
   * @throws ClientException if no node answers
   */
  Set<UUID> servers() {
    Set<UUID> ids = new HashSet<>();
    for (ClusterNode node : client().cluster().forServers().nodes()) {
      ids.add(node.id());
    }
    return ids;
  }

  /** Asks the worker of a node. */
  CompletionStage<Answer> ask(UUID node, String request) {
    try {
      IgniteClient open = client();
      ClientClusterGroup only = open.cluster().forNodeId(node);
      return open.compute(only)
          .<String, String>executeAsync2(WorkerTask.NAME, request)
          .toCompletableFuture()
          .thenApply(Answer::of);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Whether a question, and all others with it, was lost with the connection. */
  static boolean isLost(Throwable failure) {
    return causeOf(failure, ClientConnectionException.class) != null;
  }

  /** Whether a question was refused since there are as many under way as the server takes of one client. */
  static boolean isTooMuch(Throwable failure) {
    ClientServerError error = causeOf(failure, ClientServerError.class);
    return error != null && error.getCode() == ClientStatus.TOO_MANY_COMPUTE_TASKS;
  }

  private static <T extends Throwable> @Nullable T causeOf(Throwable failure, Class<T> type) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return type.cast(t);
      }
    }
    return null;
  }

  /** What is under way is lost. */
  void drop() {
    IgniteClient open = client;
    client = null;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() {
    drop();
  }
}
