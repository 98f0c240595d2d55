package dev.duraflow.remote;

import dev.duraflow.dag.Dag;
import dev.duraflow.dag.ExpandTask;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Task;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What two processes compare to see that they declare the same DAG: a hash of its name and of the ids, kinds, dependencies and
 * output types of its tasks. Bodies are not in it, since they have no identity that outlives a process.
 */
public final class DagFingerprint {
  private static final int BYTES = 12;

  private DagFingerprint() {}

  /** Of a DAG that is declared by a factory. */
  public static String of(Dag dag) {
    return of("", dag);
  }

  /** Of a DAG that an expansion declared, in a DAG that has a fingerprint. */
  public static String within(String outer, Dag dag) {
    return of(outer, dag);
  }

  private static String of(String outer, Dag dag) {
    MessageDigest hash;
    try {
      hash = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    add(hash, outer);
    add(hash, dag.name());
    add(hash, dag.size());
    for (Task<?> task : dag.tasks()) {
      add(hash, task.id());
      add(hash, task instanceof MapTask ? 1 : task instanceof ExpandTask ? 2 : 0);
      add(hash, task.type().toString());
      add(hash, task.dependencies().size());
      task.dependencies().forEach(dependency -> add(hash, dependency.ordinal()));
    }
    return HexFormat.of().formatHex(hash.digest(), 0, BYTES);
  }

  /** Its length comes first, so that no two lists of texts are hashed alike. */
  private static void add(MessageDigest hash, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    add(hash, bytes.length);
    hash.update(bytes);
  }

  private static void add(MessageDigest hash, int number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      hash.update((byte) (number >> shift));
    }
  }
}
