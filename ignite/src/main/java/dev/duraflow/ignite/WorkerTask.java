package dev.duraflow.ignite;

import java.util.List;
import java.util.Map;
import org.apache.ignite.cluster.ClusterNode;
import org.apache.ignite.compute.ComputeJob;
import org.apache.ignite.compute.ComputeJobResult;
import org.apache.ignite.compute.ComputeJobResultPolicy;
import org.apache.ignite.compute.ComputeTask;
import org.jspecify.annotations.Nullable;

/**
 * Carries a request to the worker of the one node that it is for, and the answer back. Known to engines by its name. It fails
 * over to nobody, since only an engine knows which nodes have workers.
 */
final class WorkerTask implements ComputeTask<String, String> {
  private static final long serialVersionUID = 1L;

  static final String NAME = WorkerTask.class.getName();

  @Override
  public Map<? extends ComputeJob, ClusterNode> map(
      List<ClusterNode> nodes, @Nullable String request) {
    return Map.of(new WorkerJob(request == null ? "" : request), nodes.get(0));
  }

  @Override
  public ComputeJobResultPolicy result(ComputeJobResult result, List<ComputeJobResult> received) {
    return ComputeJobResultPolicy.REDUCE;
  }

  @Override
  public String reduce(List<ComputeJobResult> results) {
    ComputeJobResult result = results.get(0);
    return result.getException() == null
        ? result.<String>getData()
        : Answer.elsewhere(String.valueOf(result.getException().getMessage())).text();
  }
}
