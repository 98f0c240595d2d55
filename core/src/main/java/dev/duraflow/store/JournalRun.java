package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Header;
import dev.duraflow.store.RunNote.AttemptFailed;
import dev.duraflow.store.RunNote.Began;
import dev.duraflow.store.RunNote.Ended;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** A run whose journal is written by this process. */
final class JournalRun implements OpenRun {
  private static final byte[] NONE = new byte[0];

  private final String runId;
  private final Path path;
  private final Header header;
  private final JournalWriter writer;
  private final SideFiles sideFiles;
  private final RunLock ownership;
  private final FramePayloads payloads;
  /** The last failed attempt of each task that has one. */
  private final ConcurrentMap<String, Integer> failedAttempts;
  /** Guarded by itself. */
  private final JournalIndex index;

  JournalRun(
      String runId,
      Path path,
      DiskFile file,
      Header header,
      JournalIndex index,
      JournalWriter writer,
      SideFiles sideFiles,
      RunLock ownership) {
    this.runId = runId;
    this.path = path;
    this.header = header;
    this.index = index;
    this.writer = writer;
    this.sideFiles = sideFiles;
    this.ownership = ownership;
    this.payloads = new FramePayloads(path, file, header, sideFiles);
    this.failedAttempts = new ConcurrentHashMap<>(index.notes.failedAttempts);
  }

  @Override
  public Optional<TaskRecord> find(String taskId) {
    try {
      synchronized (index) {
        long committedTo = writer.committedTo();
        long readTo = index.readTo(committedTo);
        if (readTo < committedTo) {
          throw new CorruptRecordException(
              path + ", the journal of run '" + runId + "', is damaged at byte " + readTo
                  + ", so that the record of task '"
                  + taskId
                  + "' cannot be looked for: what is there is not what was written; "
                  + JournalStore.WAY_OUT,
              null);
        }
        return Optional.ofNullable(index.find(taskId, payloads));
      }
    } catch (IOException e) {
      throw payloads.unreadable(e);
    }
  }

  @Override
  public CompletionStage<Void> save(TaskRecord record) {
    Content content = content(record);
    return writer.append(record, content.beside, content.bytes);
  }

  @Override
  public CompletionStage<Void> saveNow(TaskRecord record) {
    Content content = content(record);
    return writer.appendNow(record, content.beside, content.bytes);
  }

  @Override
  public void note(RunNote note) {
    if (note instanceof Began began) {
      byte[] graph = GraphFrame.encode(began.graph());
      byte[] body = NoteFrames.encode(began, header);
      if (isLastGraph(graph)) {
        writer.append(body);
      } else {
        writer.append(graph, body);
      }
    } else if (note instanceof AttemptFailed failed) {
      failedAttempts.put(failed.taskId(), failed.attempt());
      writer.append(NoteFrames.encode(failed, header));
    } else if (note instanceof Ended ended) {
      writer.append(NoteFrames.encode(ended, header));
    }
  }

  private boolean isLastGraph(byte[] graph) {
    try {
      synchronized (index) {
        index.readTo(writer.committedTo());
        return index.isLastGraph(graph);
      }
    } catch (IOException e) {
      throw payloads.unreadable(e);
    }
  }

  @Override
  public int failedAttempts(String taskId) {
    return failedAttempts.getOrDefault(taskId, 0);
  }

  @Override
  public PayloadSink sink() {
    return sideFiles.sink();
  }

  /** What stands in the frame: the payload, or where it lies. */
  private static final class Content {
    final @Nullable Beside beside;
    final byte[] bytes;

    Content(@Nullable Beside beside, byte[] bytes) {
      this.beside = beside;
      this.bytes = bytes;
    }
  }

  private Content content(TaskRecord record) {
    Payload payload = record.payload();
    Beside known = sideFiles.beside(payload);
    if (known != null) {
      return new Content(known, NONE);
    }
    try {
      if (payload.size() < sideFiles.threshold()) {
        return new Content(null, payload.bytes());
      }
      try (PayloadSink sink = sideFiles.sink();
          InputStream in = payload.open()) {
        in.transferTo(sink);
        return new Content(sideFiles.beside(sink.finish()), NONE);
      }
    } catch (IOException e) {
      throw new StoreException(
          "the output of task '" + record.taskId() + "' in run '" + runId
              + "' cannot be written beside " + path + ": " + FileStore.reason(e),
          e);
    }
  }

  @Override
  public CompletionStage<Void> flush() {
    return writer.flush();
  }

  @Override
  public void close() {
    try (ownership) {
      writer.close();
    } catch (IOException e) {
      throw new StoreException(
          "cannot close " + path + ", the journal of run '" + runId + "': " + e.getMessage(), e);
    }
  }
}
