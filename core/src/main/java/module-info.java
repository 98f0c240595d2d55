/** Durable, resumable, typed DAGs of Java tasks, as a library. Start at {@link dev.duraflow.Duraflow}. */
module dev.duraflow {
  requires static transitive org.jspecify;
  requires static jdk.jfr;
  requires com.fasterxml.jackson.annotation;
  requires tools.jackson.core;
  requires tools.jackson.databind;

  exports dev.duraflow;
  exports dev.duraflow.codec;
  exports dev.duraflow.dag;
  exports dev.duraflow.error;
  exports dev.duraflow.event;
  exports dev.duraflow.remote;
  exports dev.duraflow.store;
}
