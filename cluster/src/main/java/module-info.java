/**
 * Tasks in other processes, placed by db-scheduler. Start at {@link dev.duraflow.cluster.ClusterEngine} where runs are, and at
 * {@link dev.duraflow.cluster.ClusterWorker} where their tasks are to be.
 */
@SuppressWarnings("requires-automatic") // both name themselves in their manifest
module dev.duraflow.cluster {
  requires static transitive org.jspecify;
  requires transitive dev.duraflow;
  requires transitive java.sql;
  requires com.github.kagkarlsson.scheduler;
  requires org.postgresql.jdbc;

  exports dev.duraflow.cluster;
}
