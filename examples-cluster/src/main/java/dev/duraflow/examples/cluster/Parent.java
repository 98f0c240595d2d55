package dev.duraflow.examples.cluster;

import java.io.IOException;

/** The process that started this one, which holds the other end of its standard input for as long as it lives. */
public final class Parent {
  private Parent() {}

  /** Runs an action, in a thread of its own, when the parent is gone or wants this process to end. */
  public static void whenGone(Runnable action) {
    Thread waiting = new Thread(
        () -> {
          try {
            while (System.in.read() >= 0) {
              // nothing is ever said
            }
          } catch (IOException e) { // gone as well
          }
          action.run();
        },
        "parent");
    waiting.setDaemon(true);
    waiting.start();
  }
}
