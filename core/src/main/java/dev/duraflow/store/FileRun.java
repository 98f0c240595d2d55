package dev.duraflow.store;

import dev.duraflow.error.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A run of files. A save is done, and durable, when the call returns; that keeps the order of saves without further doing.
 *
 * <p>Lock order: {@code open} (shared by saves, taken alone by close, so that no write outlives the ownership), then the lock of
 * the record's name.
 */
final class FileRun implements OpenRun {
  private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

  private final RunFiles files;
  private final RunLock ownership;
  private final NameTable names;
  private final RecordReader reader;
  private final RecordWriter writer;
  private final ReentrantReadWriteLock open = new ReentrantReadWriteLock();
  private boolean closed;

  private FileRun(RunFiles files, RunLock ownership, NameTable names, RecordWriter writer) {
    this.files = files;
    this.ownership = ownership;
    this.names = names;
    this.reader = new RecordReader(files);
    this.writer = writer;
  }

  /** Opens a run that is owned; the ownership goes with it. */
  static FileRun open(RunFiles files, RunLock ownership, Disk disk) throws IOException {
    RecordWriter writer = new RecordWriter(files, disk);
    return new FileRun(files, ownership, writer.recover(), writer);
  }

  @Override
  public Optional<TaskRecord> find(String taskId) {
    String name = names.find(taskId);
    if (name == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(reader.read(name, taskId));
    } catch (IOException e) {
      throw new StoreException(
          "cannot read the record of task '" + taskId + "' in run '" + files.runId() + "' from "
              + files.payload(name) + ": " + FileStore.reason(e),
          e);
    }
  }

  @Override
  public CompletionStage<Void> save(TaskRecord record) {
    open.readLock().lock();
    try {
      if (closed) {
        throw new StoreException("run '" + files.runId()
            + "' is closed; open it again to save task '" + record.taskId() + "'");
      }
      String name = names.claim(record.taskId());
      try {
        writer.write(name, record);
      } catch (IOException e) {
        throw new StoreException(
            "cannot write " + files.payload(name) + ": " + FileStore.reason(e), e);
      } finally {
        // A save that fails may have stored the record all the same; the disk tells.
        if (Files.exists(files.payload(name))) {
          names.add(name);
        }
      }
      return DONE;
    } finally {
      open.readLock().unlock();
    }
  }

  @Override
  public void close() {
    open.writeLock().lock();
    try {
      closed = true;
      ownership.close();
    } finally {
      open.writeLock().unlock();
    }
  }
}
