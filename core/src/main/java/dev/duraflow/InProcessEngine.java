package dev.duraflow;

import dev.duraflow.remote.Invocation;
import dev.duraflow.remote.TaskEngine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;

/** Performs invocations on an executor of this process. Of equal ones that are under way, all callers share one stage. */
final class InProcessEngine implements TaskEngine {
  private final TaskWorker worker;
  private final Executor executor;
  private final ConcurrentMap<Invocation, UnderWay> underWay = new ConcurrentHashMap<>();

  InProcessEngine(TaskWorker worker, Executor executor) {
    this.worker = worker;
    this.executor = executor;
  }

  /** It is forgotten before it completes, so that what is submitted after that begins anew. */
  private final class UnderWay extends CompletableFuture<Void> implements Runnable {
    private final Invocation invocation;

    UnderWay(Invocation invocation) {
      this.invocation = invocation;
    }

    @Override
    public void run() {
      if (isDone()) { // cancelled before it began
        return;
      }
      try {
        worker.perform(invocation);
      } catch (Throwable t) {
        fail(t);
        return;
      }
      underWay.remove(invocation, this);
      complete(null);
    }

    void fail(Throwable t) {
      underWay.remove(invocation, this);
      completeExceptionally(t);
    }

    @Override
    public boolean cancel(boolean mayInterrupt) {
      underWay.remove(invocation, this);
      boolean wasCancelled = super.cancel(mayInterrupt);
      if (wasCancelled) {
        worker.cancel(invocation);
      }
      return wasCancelled;
    }
  }

  @Override
  public CompletionStage<Void> submit(Invocation invocation) {
    UnderWay own = new UnderWay(invocation);
    UnderWay other = underWay.putIfAbsent(invocation, own);
    if (other != null) {
      return other;
    }
    try {
      executor.execute(own);
    } catch (RuntimeException refusal) {
      own.fail(refusal);
    }
    return own;
  }
}
