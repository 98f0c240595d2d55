package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.error.StoreException;
import dev.duraflow.store.Frames.Header;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;

/** The payloads of the records in a journal. A frame is checked again whenever its payload is read. Thread-safe. */
final class FramePayloads implements JournalIndex.Payloads {
  private final Path path;
  private final DiskFile file;
  private final Header header;
  private final SideFiles sideFiles;

  FramePayloads(Path path, DiskFile file, Header header, SideFiles sideFiles) {
    this.path = path;
    this.file = file;
    this.header = header;
    this.sideFiles = sideFiles;
  }

  @Override
  public Payload at(String taskId, int frameType, long frameStart, int bodySize, int headLength) {
    return new FramePayload(taskId, frameType, frameStart, bodySize, headLength);
  }

  StoreException unreadable(IOException e) {
    return new StoreException(
        "cannot read " + path + ", the journal of run '" + header.runId() + "': "
            + FileStore.reason(e),
        e);
  }

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
      byte[] content = content();
      return sideFiles.payload(taskId, Beside.read(new Bytes(content, 0), content.length));
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
          "the record of task '" + taskId + "' in run '" + header.runId() + "' is damaged: "
              + Frames.sizeOf(bodySize) + " bytes at " + frameStart + " of " + path
              + " are not what was written; " + JournalStore.WAY_OUT,
          null);
    }
  }
}
