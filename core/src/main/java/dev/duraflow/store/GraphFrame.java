package dev.duraflow.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The body of the frame that holds a graph. Ids of neighbours are alike and dependencies near, so a task takes a few bytes.
 *
 * <pre>
 * graph    type u8 | DAG's name: length, UTF-8 | number of tasks | tasks
 *
 * task     u8: high four bits how many bytes fall off the end of the id before, low four how many come instead
 *          what they are above 15, if they are 15: number | number
 *          the bytes that come
 *          twice the number of dependencies, and 1 more for a map
 *          for each, by how many tasks it stands before this one
 * </pre>
 */
final class GraphFrame {
  private static final int NIBBLE = 15;
  private static final int MAX_NUMBER = 5;
  /** A task takes two bytes at the least. */
  private static final int MIN_TASK = 2;

  private GraphFrame() {}

  static byte[] encode(TaskGraph graph) {
    byte[] name = graph.dagName().getBytes(StandardCharsets.UTF_8);
    int size = graph.size();
    Bytes out = new Bytes(1 + 2 * MAX_NUMBER + name.length + 4 * size);
    out.putByte(Frames.GRAPH);
    out.putVarint(name.length);
    out.putBytes(name);
    out.putVarint(size);
    byte[] before = new byte[0];
    for (int i = 0; i < size; i++) {
      byte[] id = graph.id(i).getBytes(StandardCharsets.UTF_8);
      int count = graph.dependencyCount(i);
      out.reserve(1 + id.length + MAX_NUMBER * (3 + count));
      putId(out, before, id);
      out.putVarint(count * 2L + (graph.isMap(i) ? 1 : 0));
      for (int d = 0; d < count; d++) {
        out.putVarint(i - graph.dependency(i, d));
      }
      before = id;
    }
    return Arrays.copyOf(out.array, out.position);
  }

  private static void putId(Bytes out, byte[] before, byte[] id) {
    int mismatch = Arrays.mismatch(before, id);
    int shared = mismatch < 0 ? id.length : mismatch;
    int fallen = before.length - shared;
    int come = id.length - shared;
    out.putByte(Math.min(fallen, NIBBLE) << 4 | Math.min(come, NIBBLE));
    if (fallen >= NIBBLE) {
      out.putVarint(fallen - NIBBLE);
    }
    if (come >= NIBBLE) {
      out.putVarint(come - NIBBLE);
    }
    System.arraycopy(id, shared, out.array, out.position, come);
    out.position += come;
  }

  /**
   * Reads a body from behind its type.
   *
   * @throws RuntimeException if there is none
   */
  static TaskGraph decode(Bytes in, int end) {
    String name = in.getString((int) in.getVarint());
    int size = atMost(in.getVarint(), (end - in.position) / MIN_TASK);
    String[] ids = new String[size];
    BitSet maps = new BitSet();
    int[] firstDependency = new int[size + 1];
    int[] dependencies = new int[size];
    int dependenciesEnd = 0;
    byte[] id = new byte[64];
    int idLength = 0;
    for (int i = 0; i < size; i++) {
      int both = in.getByte();
      long fallen = both >>> 4 == NIBBLE ? in.getVarint() + NIBBLE : both >>> 4;
      int come = atMost(
          (both & NIBBLE) == NIBBLE ? in.getVarint() + NIBBLE : both & NIBBLE, end - in.position);
      int shared = idLength - atMost(fallen, idLength);
      idLength = shared + come;
      if (idLength > id.length) {
        id = Arrays.copyOf(id, Math.max(id.length * 2, idLength));
      }
      System.arraycopy(in.array, in.position, id, shared, come);
      in.position += come;
      ids[i] = new String(id, 0, idLength, StandardCharsets.UTF_8);
      long countAndMap = in.getVarint();
      maps.set(i, (countAndMap & 1) == 1);
      int count = atMost(countAndMap >>> 1, end - in.position);
      if (dependenciesEnd + count > dependencies.length) {
        dependencies =
            Arrays.copyOf(dependencies, Math.max(dependencies.length * 2, dependenciesEnd + count));
      }
      for (int d = 0; d < count; d++) {
        dependencies[dependenciesEnd++] = i - atMost(in.getVarint(), i);
      }
      firstDependency[i + 1] = dependenciesEnd;
    }
    return new TaskGraph(
        name, ids, maps, Arrays.copyOf(dependencies, dependenciesEnd), firstDependency);
  }

  private static int atMost(long number, int most) {
    if (number < 0 || number > most) {
      throw new IllegalArgumentException(
          "a graph says " + number + " where at most " + most + " can be");
    }
    return (int) number;
  }
}
