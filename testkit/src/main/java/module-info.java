/**
 * Tests of stores and of DAGs, for those who write them. Start at {@link dev.duraflow.testkit.CrashPoints} for a DAG, and at
 * {@link dev.duraflow.testkit.StoreContract} for a store.
 */
module dev.duraflow.testkit {
  requires static transitive org.jspecify;
  requires transitive dev.duraflow;
  requires transitive org.junit.jupiter.api;
  requires org.assertj.core;

  exports dev.duraflow.testkit;
}
