package dev.duraflow.store;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk behind a cache that forgets. What the program sees are real files; beside them it is kept what would be on the disk
 * itself. Of what was not synced, a loss of power leaves any selection of 512-byte sectors and of names. One operation, by its
 * number from 1, can fail; a sync that fails writes some sectors and forgets that the others were to be written, as Linux does.
 *
 * <p>A directory's names are as volatile as a file's bytes, and a file's sync does not sync its name.
 */
final class SimulatedDisk extends Disk {
  private static final int SECTOR = 512;

  /** What happens to an operation. */
  enum Fault {
    /** It has no effect. */
    REFUSED,
    /** A write has half an effect, of a sync nobody knows. */
    HALF_DONE,
    /** It may or may not have an effect, and no later one has any, nor does it return. */
    DEATH
  }

  /** What a program is told that is not there any more. */
  static final class Death extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Some bytes at a position, or null: cut there. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Change(long at, byte @Nullable [] bytes) {}

  private static final class Inode {
    final boolean isDirectory;
    byte[] durable = {};
    final List<Change> pending = new ArrayList<>();

    Inode(boolean isDirectory) {
      this.isDirectory = isDirectory;
    }
  }

  private record NameChange(
      @Nullable Path from, @Nullable Path to, @Nullable Inode inode) {
    Path directory() {
      return (to != null ? to : from).getParent();
    }

    void applyTo(Map<Path, Inode> names) {
      if (from != null) {
        names.remove(from);
      }
      if (to != null) {
        names.put(to, inode);
      }
    }
  }

  private final Path root;
  private final Random random;
  private final Map<Path, Inode> names = new HashMap<>();
  private final Map<Path, Inode> durableNames = new HashMap<>();
  private final List<NameChange> pendingNames = new ArrayList<>();

  private int operations;
  private int faultAt;
  private @Nullable Fault fault;
  private boolean isDead;

  /** @param root a directory that is there for good, and empty */
  SimulatedDisk(Path root, long seed) {
    this.root = root.toAbsolutePath();
    this.random = new Random(seed);
  }

  /** How many operations there were, each of which may be made to fail. */
  synchronized int operations() {
    return operations;
  }

  /** The operation with that number from now on, from 1, will not go well. */
  synchronized void arm(int after, Fault what) {
    faultAt = operations + after;
    fault = what;
  }

  synchronized void disarm() {
    fault = null;
  }

  /** The process dies: what it asks for from now on has no effect. */
  synchronized void die() {
    isDead = true;
  }

  synchronized boolean isDead() {
    return isDead;
  }

  /** Another process comes, and sees what the system has in memory. */
  synchronized void liveAgain() {
    isDead = false;
    fault = null;
  }

  private @Nullable Fault step() {
    if (isDead) {
      throw new Death();
    }
    if (++operations != faultAt || fault == null) {
      return null;
    }
    if (fault == Fault.DEATH) {
      isDead = true;
    }
    return fault;
  }

  private static void report(@Nullable Fault fault) throws IOException {
    if (fault == Fault.DEATH) {
      throw new Death();
    }
    if (fault != null) {
      throw new IOException("No space left on device");
    }
  }

  // ---- the loss of power

  /** Power is lost and comes back: of what was not synced, some is there and some is not. */
  synchronized void losePower() throws IOException {
    int mode = random.nextInt(4);
    double odds = mode == 0 ? 0 : mode == 1 ? 1 : random.nextDouble();
    for (NameChange change : pendingNames) {
      if (random.nextDouble() < odds) {
        change.applyTo(durableNames);
      }
    }
    pendingNames.clear();
    for (Inode inode : durableNames.values()) {
      if (!inode.isDirectory) {
        inode.durable = mode == 3 ? torn(inode) : survived(inode, odds);
      }
      inode.pending.clear();
    }
    names.clear();
    names.putAll(durableNames);
    names.keySet().removeIf(path -> !isReachable(path));
    durableNames.keySet().retainAll(names.keySet());
    restore();
    liveAgain();
  }

  /** A file's bytes in the making. */
  private static final class Content {
    byte[] bytes;
    int size;

    Content(byte[] bytes) {
      this.bytes = bytes.clone();
      this.size = bytes.length;
    }

    void write(long at, byte[] from, int offset, int length) {
      resize(Math.max(size, (int) at + length));
      System.arraycopy(from, offset, bytes, (int) at, length);
    }

    void resize(int to) {
      if (to > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(to, 2 * bytes.length));
      }
      if (to < size) {
        Arrays.fill(bytes, to, size, (byte) 0);
      }
      size = to;
    }

    byte[] finished() {
      return Arrays.copyOf(bytes, size);
    }
  }

  /** What was written in order, up to some byte. */
  private byte[] torn(Inode inode) {
    Content content = new Content(inode.durable);
    int whole = random.nextInt(inode.pending.size() + 1);
    for (Change change : inode.pending.subList(0, whole)) {
      if (change.bytes == null) {
        content.resize((int) change.at);
      } else {
        content.write(change.at, change.bytes, 0, change.bytes.length);
      }
    }
    if (whole < inode.pending.size() && inode.pending.get(whole).bytes != null) {
      Change last = inode.pending.get(whole);
      content.write(last.at, last.bytes, 0, random.nextInt(last.bytes.length + 1));
    }
    return content.finished();
  }

  private byte[] survived(Inode inode, double odds) {
    Content content = new Content(inode.durable);
    for (Change change : inode.pending) {
      if (change.bytes == null) {
        if (random.nextDouble() < odds) {
          content.resize((int) change.at);
        }
        continue;
      }
      for (int from = 0; from < change.bytes.length; ) {
        int end = (int) Math.min(change.bytes.length, from + SECTOR - (change.at + from) % SECTOR);
        if (random.nextDouble() < odds) {
          content.write(change.at + from, change.bytes, from, end - from);
        }
        from = end;
      }
      if (random.nextDouble() < odds / 2) { // the size without the bytes
        content.resize(Math.max(content.size, (int) change.at + change.bytes.length));
      }
    }
    return content.finished();
  }

  private boolean isReachable(Path path) {
    for (Path above = path.getParent(); !above.equals(root); above = above.getParent()) {
      if (!durableNames.containsKey(above)) {
        return false;
      }
    }
    return true;
  }

  private void restore() throws IOException {
    Files.walkFileTree(root, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
          throws IOException {
        Files.delete(file);
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
          throws IOException {
        if (!directory.equals(root)) {
          Files.delete(directory);
        }
        return FileVisitResult.CONTINUE;
      }
    });
    for (Map.Entry<Path, Inode> entry : new TreeMap<>(names).entrySet()) {
      if (entry.getValue().isDirectory) {
        Files.createDirectory(entry.getKey());
      } else {
        Files.write(entry.getKey(), entry.getValue().durable);
      }
    }
  }

  // ---- names

  private void change(NameChange change) {
    change.applyTo(names);
    pendingNames.add(change);
  }

  @Override
  synchronized boolean createDirectory(Path directory) throws IOException {
    if (Files.exists(directory)) {
      return false;
    }
    Fault what = step();
    if (what != Fault.REFUSED) {
      Files.createDirectory(directory);
      change(new NameChange(null, directory, new Inode(true)));
    }
    report(what);
    sync(directory.getParent());
    return true;
  }

  @Override
  synchronized void move(Path from, Path to) throws IOException {
    Fault what = step();
    if (what != Fault.REFUSED) {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
      change(new NameChange(from, to, names.get(from)));
    }
    report(what);
  }

  @Override
  synchronized void delete(Path file) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    Fault what = step();
    if (what != Fault.REFUSED) {
      Files.delete(file);
      change(new NameChange(file, null, null));
    }
    report(what);
  }

  @Override
  synchronized void sync(Path directory) throws IOException {
    Fault what = step();
    report(what);
    pendingNames.removeIf(change -> {
      boolean isHere = change.directory().equals(directory.toAbsolutePath());
      if (isHere) {
        change.applyTo(durableNames);
      }
      return isHere;
    });
  }

  // ---- files

  private Inode created(Path file) throws IOException {
    Inode there = names.get(file);
    if (there != null) {
      return there;
    }
    Inode inode = new Inode(false);
    if (Files.exists(file)) { // it was put there by the test
      inode.durable = Files.readAllBytes(file);
      names.put(file, inode);
      durableNames.put(file, inode);
      return inode;
    }
    Fault what = step();
    if (what == Fault.REFUSED) {
      report(what);
    }
    Files.createFile(file);
    change(new NameChange(null, file, inode));
    report(what);
    return inode;
  }

  private void force(Inode inode) throws IOException {
    Fault what = step();
    if (what == Fault.DEATH) {
      report(what);
    }
    inode.durable = survived(inode, what == null ? 1 : random.nextDouble());
    inode.pending.clear();
    report(what);
  }

  private void write(Inode inode, long position, byte[] bytes, int offset, int length, Writer real)
      throws IOException {
    Fault what = step();
    int written = what == Fault.HALF_DONE || what == Fault.DEATH
        ? random.nextInt(length + 1)
        : what == Fault.REFUSED ? 0 : length;
    if (written > 0) {
      inode.pending.add(new Change(position, Arrays.copyOfRange(bytes, offset, offset + written)));
      real.write(written);
    }
    report(what);
  }

  private interface Writer {
    void write(int length) throws IOException;
  }

  @Override
  synchronized DiskFile open(Path file) throws IOException {
    return new SimulatedFile(file, created(file));
  }

  private final class SimulatedFile extends DiskFile {
    private final Inode inode;

    SimulatedFile(Path path, Inode inode) throws IOException {
      super(path);
      this.inode = inode;
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // synchronized on the disk
    void write(long position, byte[] bytes, int offset, int length) throws IOException {
      synchronized (SimulatedDisk.this) {
        SimulatedDisk.this.write(
            inode,
            position,
            bytes,
            offset,
            length,
            written -> super.write(position, bytes, offset, written));
      }
    }

    @Override
    void force() throws IOException {
      synchronized (SimulatedDisk.this) {
        SimulatedDisk.this.force(inode);
      }
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // synchronized on the disk
    void truncate(long size) throws IOException {
      synchronized (SimulatedDisk.this) {
        Fault what = step();
        if (what != Fault.REFUSED) {
          inode.pending.add(new Change(size, null));
          super.truncate(size);
        }
        report(what);
      }
    }
  }

  @Override
  synchronized OutputStream create(Path file) throws IOException {
    return new SimulatedStream(file, created(file));
  }

  @Override
  synchronized void finish(OutputStream created) throws IOException {
    try (created) {
      force(((SimulatedStream) created).inode);
    }
  }

  private final class SimulatedStream extends OutputStream {
    private final FileOutputStream real;
    private final Inode inode;
    private long position;

    SimulatedStream(Path file, Inode inode) throws IOException {
      this.real = new FileOutputStream(file.toFile());
      this.inode = inode;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      synchronized (SimulatedDisk.this) {
        SimulatedDisk.this.write(
            inode, position, from, offset, length, written -> real.write(from, offset, written));
        position += length;
      }
    }

    @Override
    public void close() throws IOException {
      real.close();
    }
  }
}
