package dev.duraflow.error;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The machine that this process runs on. Asked for once, since the answer may take a while. */
final class ThisHost {
  static final String NAME = name();

  private ThisHost() {}

  private static String name() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
