package dev.duraflow.ignite;

import org.apache.ignite.Ignite;

/** Two server nodes in this JVM, for all tests; they end with it. */
final class LocalNodes {
  static final Node FIRST_NODE = Node.alone();
  static final Node SECOND_NODE = FIRST_NODE.another();
  static final Ignite FIRST = FIRST_NODE.start();
  static final Ignite SECOND = SECOND_NODE.start();

  private LocalNodes() {}
}
