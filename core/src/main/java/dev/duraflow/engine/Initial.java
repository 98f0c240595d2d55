package dev.duraflow.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The tasks of a frame that are ready from its beginning, claimed by workers one at a time.
 *
 * <p>They are cut into blocks, each with a counter of its own. A worker begins a block that nobody has begun, and when there is
 * none left it helps with one that is not done. So workers write to counters, and to outputs and counts of tasks, that lie far
 * apart, and not to the cache lines of each other; and yet a task is claimed only by who runs it at once, so that none waits
 * behind a body that takes long. One worker alone claims them in order.
 *
 * <p>A position is claimed by adding one to its block's counter. Who claims the last of a block counts the block as drained:
 * when all are, nothing is left to be claimed.
 */
final class Initial {
  static final int NONE = -1;

  /** Twice a cache line of 64 bytes, in ints: processors fetch lines in pairs. */
  private static final int APART = 32;

  private static final int BEGUN = APART;
  private static final int DRAINED = 2 * APART;
  private static final int FIRST_BLOCK = 3 * APART;
  private static final int LEAST_BLOCK_SIZE = 16;
  private static final int MOST_BLOCKS = 64;
  private static final VarHandle COUNTS = MethodHandles.arrayElementVarHandle(int[].class);

  private final int[] tasks;
  private final int count;
  private final int blocks;
  private final int blockSize;

  /** How many blocks were begun, how many are drained, and the next position of each; all far apart from each other. */
  private final int[] counts;

  /** The first {@code count} of these tasks. */
  Initial(int[] tasks, int count) {
    this(tasks, count, Math.max(LEAST_BLOCK_SIZE, (count + MOST_BLOCKS - 1) / MOST_BLOCKS));
  }

  Initial(int[] tasks, int count, int blockSize) {
    this.tasks = tasks;
    this.count = count;
    this.blockSize = blockSize;
    this.blocks = (count + blockSize - 1) / blockSize;
    this.counts = new int[FIRST_BLOCK + (blocks + 1) * APART];
    for (int block = 0; block < blocks; block++) {
      counts[FIRST_BLOCK + block * APART] = block * blockSize;
    }
  }

  int count() {
    return count;
  }

  /** @param position from 0 */
  int task(int position) {
    return tasks[position];
  }

  boolean isDrained() {
    return (int) COUNTS.getVolatile(counts, DRAINED) == blocks;
  }

  /** Claims tasks for one worker. */
  Claims claims() {
    return new Claims(this);
  }

  private int begin() {
    return (int) COUNTS.getVolatile(counts, BEGUN) < blocks
        ? (int) COUNTS.getAndAdd(counts, BEGUN, 1)
        : blocks;
  }

  /** A task of a block; {@link #NONE} if the block is drained. */
  private int claim(int block) {
    int counter = FIRST_BLOCK + block * APART;
    int end = Math.min(count, (block + 1) * blockSize);
    if ((int) COUNTS.getVolatile(counts, counter) >= end) {
      return NONE;
    }
    int position = (int) COUNTS.getAndAdd(counts, counter, 1);
    if (position >= end) {
      return NONE;
    }
    if (position == end - 1) {
      COUNTS.getAndAdd(counts, DRAINED, 1);
    }
    return tasks[position];
  }

  /** One worker's view: the block that it is at. Used by one thread. */
  static final class Claims {
    final Initial initial;
    private int block = NONE;

    private Claims(Initial initial) {
      this.initial = initial;
    }

    /** The next task; {@link #NONE} when all are claimed. */
    int next() {
      int task = block == NONE ? NONE : initial.claim(block);
      while (task == NONE && (block = initial.begin()) < initial.blocks) {
        task = initial.claim(block);
      }
      for (int other = 0; task == NONE && other < initial.blocks; other++) {
        block = other;
        task = initial.claim(other);
      }
      return task;
    }
  }
}
