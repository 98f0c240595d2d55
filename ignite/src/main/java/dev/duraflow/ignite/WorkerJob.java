package dev.duraflow.ignite;

import dev.duraflow.remote.Invocation;
import java.util.Objects;
import org.apache.ignite.Ignite;
import org.apache.ignite.compute.ComputeJob;
import org.apache.ignite.compute.ComputeJobContext;
import org.apache.ignite.compute.ComputeJobMasterLeaveAware;
import org.apache.ignite.compute.ComputeTaskSession;
import org.apache.ignite.resources.IgniteInstanceResource;
import org.apache.ignite.resources.JobContextResource;
import org.jspecify.annotations.Nullable;

/**
 * Hands a request to the worker of the node it is at. It takes none of Ignite's threads while the worker performs: it is held, and
 * called a second time when there is an answer.
 *
 * <p>Ignite cancels it when the node that sent it is gone, or the engine's connection. That is no reason to stop a body: the engine
 * asks again by another node, and who wants a body to be stopped says so by a request of its own.
 */
final class WorkerJob implements ComputeJob, ComputeJobMasterLeaveAware {
  private static final long serialVersionUID = 1L;

  private final String request;

  @IgniteInstanceResource
  private transient @Nullable Ignite ignite;

  @JobContextResource
  private transient @Nullable ComputeJobContext context;

  private transient volatile @Nullable String answer;

  WorkerJob(String request) {
    this.request = request;
  }

  @Override
  public @Nullable Object execute() {
    String known = answer;
    if (known != null) {
      return known;
    }
    Request asked;
    try {
      asked = Request.of(request);
    } catch (IllegalArgumentException e) {
      return Answer.refused(String.valueOf(e.getMessage())).text();
    }
    IgniteWorker worker = IgniteWorker.of(Objects.requireNonNull(ignite));
    if (worker == null) {
      return Answer.elsewhere("its node has no worker").text();
    }
    Invocation invocation = asked.invocation();
    if (invocation == null) {
      return Answer.threads(worker.threads()).text();
    }
    if (asked.verb() == Request.Verb.GIVE_UP) {
      worker.giveUp(invocation);
      return Answer.done().text();
    }
    ComputeJobContext held = Objects.requireNonNull(context);
    held.holdcc();
    worker.perform(invocation).thenAccept(given -> {
      answer = given.text();
      held.callcc();
    });
    return null;
  }

  @Override
  public void cancel() {
    // See above.
  }

  @Override
  public void onMasterNodeLeft(ComputeTaskSession session) {
    // See above; without this Ignite would interrupt.
  }
}
