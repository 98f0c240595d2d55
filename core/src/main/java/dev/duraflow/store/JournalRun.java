package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Header;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A run whose journal is written by this process. */
final class JournalRun implements OpenRun {
  private static final byte[] NONE = new byte[0];

  private final String runId;
  private final Path path;
  private final DiskFile file;
  private final Header header;
  private final JournalWriter writer;
  private final SideFiles sideFiles;
  private final RunLock ownership;
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
    this.file = file;
    this.header = header;
    this.index = index;
    this.writer = writer;
    this.sideFiles = sideFiles;
    this.ownership = ownership;
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
                  + "' cannot be looked for: what is there is not what was written; restore the file from a copy, or"
                  + " use another run id",
              null);
        }
        return Optional.ofNullable(index.find(taskId, this::payload));
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private StoreException unreadable(IOException e) {
    return new StoreException(
        "cannot read " + path + ", the journal of run '" + runId + "': " + FileStore.reason(e), e);
  }

  private Payload payload(
      String taskId, int frameType, long frameStart, int bodySize, int headLength) {
    return new FramePayload(taskId, frameType, frameStart, bodySize, headLength);
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

  /** A payload that stands in its frame; the frame is checked again whenever it is read. */
  private final class FramePayload implements Payload {
    private final String taskId;
    private final int frameType;
    private final long frameStart;
    private final int bodySize;
    private final int headLength;

    FramePayload(String taskId, int frameType, long frameStart, int bodySize, int headLength) {
      this.taskId = taskId;
      this.frameType = frameType;
      this.frameStart = frameStart;
      this.bodySize = bodySize;
      this.headLength = headLength;
    }

    @Override
    public long size() {
      return frameType == Frames.BESIDE ? beside().size() : bodySize - headLength;
    }

    @Override
    public InputStream open() throws IOException {
      return frameType == Frames.BESIDE ? beside().open() : new ByteArrayInputStream(content());
    }

    @Override
    public byte[] bytes() throws IOException {
      return frameType == Frames.BESIDE ? Payload.super.bytes() : content();
    }

    private Payload beside() {
      Bytes content = new Bytes(content(), 0);
      long size = content.getVarint();
      return sideFiles.payload(
          taskId, size, Arrays.copyOfRange(content.array, content.position, content.array.length));
    }

    private byte[] content() {
      try {
        JournalScan scan = new JournalScan(file, header, frameStart);
        if (scan.next(frameStart + Frames.sizeOf(bodySize))) {
          Bytes body = scan.body();
          return Arrays.copyOfRange(body.array, body.position + headLength, scan.bodyEnd());
        }
      } catch (IOException e) {
        throw unreadable(e);
      }
      throw new CorruptRecordException(
          "the record of task '" + taskId + "' in run '" + runId + "' is damaged: "
              + Frames.sizeOf(bodySize) + " bytes at " + frameStart + " of " + path
              + " are not what was written; restore the file from a copy, or use another run id",
          null);
    }
  }
}
