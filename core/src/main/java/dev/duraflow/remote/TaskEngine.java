package dev.duraflow.remote;

import java.util.concurrent.CompletionStage;

/**
 * Places the bodies of tasks in other processes. It says where and when; what a body's output is stands in the store that all
 * of them share, and nowhere else. Thread-safe.
 *
 * <p>The run that submits asks the store for the record when the stage completes, whichever way: <b>the store is the truth, and
 * the engine's answer only a hint</b>. So an engine may lose answers, give them twice, or run a body again on another machine
 * although the first one still works on it. What it must not do is to stay silent for ever: a run waits for the stage, unless the
 * task has a timeout.
 *
 * <p>{@code TaskEngineContract} in the testkit says whether an implementation is right.
 */
public interface TaskEngine {
  /**
   * Has a {@code TaskWorker} perform an invocation somewhere.
   *
   * @implSpec Submitting the same invocation again while it is under way does not start it a second time; the stage is for the
   *     same performance. The stage completes normally when a worker has performed it; exceptionally with the {@link
   *     dev.duraflow.error.RemoteTaskException} of the worker if the body failed, and with a {@link
   *     dev.duraflow.error.PlacementException}, or any other, if nothing came of it for another reason. An invocation whose worker
   *     dies is performed by another worker, or fails. {@code submit} may block for as long as it takes to hand the invocation
   *     over, and may throw instead of failing the stage. Cancelling {@link CompletionStage#toCompletableFuture()} asks the engine
   *     to give the invocation up: not to start it if it has not begun, else to {@code cancel} it at its worker, so that the body
   *     is interrupted; nobody waits for that.
   */
  CompletionStage<Void> submit(Invocation invocation);
}
