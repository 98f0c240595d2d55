package dev.duraflow.ignite;

import dev.duraflow.error.PlacementException;
import dev.duraflow.remote.Invocation;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** An invocation whose end is awaited. It is forgotten before it completes. */
final class UnderWay extends CompletableFuture<Void> {
  final Invocation invocation;
  /** The invocation as it is sent. */
  final String request;

  private final ConcurrentMap<Invocation, UnderWay> all;
  private final Dispatcher dispatcher;

  // The dispatcher's, in its thread.

  /** Where it is; null while it waits. */
  @Nullable
  Place place;

  /** Which answer counts; null if it is at a place, but has to be sent there again. */
  @Nullable
  Object sending;

  /** How often it was sent somewhere and came back. */
  int returns;

  long waitingSinceNanos;

  UnderWay(Invocation invocation, ConcurrentMap<Invocation, UnderWay> all, Dispatcher dispatcher) {
    this.invocation = invocation;
    this.request = Request.perform(invocation).text();
    this.all = all;
    this.dispatcher = dispatcher;
  }

  void end(@Nullable Throwable failure) {
    all.remove(invocation, this);
    if (failure == null) {
      complete(null);
    } else {
      completeExceptionally(failure);
    }
  }

  void fail(String reason, @Nullable Throwable cause) {
    end(new PlacementException(invocation.taskId(), invocation.runId(), reason, cause));
  }

  @Override
  public boolean cancel(boolean mayInterrupt) {
    all.remove(invocation, this);
    boolean wasCancelled = super.cancel(mayInterrupt);
    if (wasCancelled) {
      dispatcher.giveUp(this);
    }
    return wasCancelled;
  }
}
