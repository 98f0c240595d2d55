package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.store.Verification.Damage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Copies what is intact of a damaged journal. A record whose shape is lost is not: nobody knows its type. Shapes are numbered
 * anew, and that the run ended is not copied, since without the lost records it has not.
 */
final class Salvage implements JournalSurvey.Visitor {
  private final JournalReader from;
  private final NewJournal to;
  private final SideFileCopies sideFiles;
  private final Map<Long, Integer> shapes = new HashMap<>();
  private final List<Damage> damages = new ArrayList<>();
  private int records;

  private Salvage(JournalReader from, NewJournal to, SideFileCopies sideFiles) {
    this.from = from;
    this.to = to;
    this.sideFiles = sideFiles;
  }

  static Verification copy(JournalReader from, NewJournal to, SideFileCopies sideFiles)
      throws IOException {
    Salvage salvage = new Salvage(from, to, sideFiles);
    JournalSurvey.walk(from, salvage);
    return new Verification(from.header().runId(), salvage.records, salvage.damages);
  }

  @Override
  public void gap(long gapStart, long gapEnd) {
    damages.add(JournalCheck.damage(from.path(), gapStart, gapEnd));
  }

  @Override
  public void frame(int type, Bytes body, int bodyEnd, long frameStart) throws IOException {
    if (type == Frames.SHAPE) {
      int number = shapes.size();
      shapes.put(body.getVarint(), number);
      addNumbered(Frames.SHAPE, number, body, bodyEnd);
    } else if (type == Frames.RECORD || type == Frames.BESIDE) {
      record(type, body, bodyEnd, frameStart);
    } else if (type != Frames.MARK && type != Frames.ENDED) {
      to.add(body.array, body.position - 1, bodyEnd);
    }
  }

  private void record(int type, Bytes body, int bodyEnd, long frameStart) throws IOException {
    int bodySize = bodyEnd - body.position + 1;
    RecordHead head = RecordHead.read(body);
    String taskId = head.taskId(body);
    Integer shape = shapes.get((long) head.shape());
    if (shape == null) {
      damages.add(new Damage(
          from.path(),
          frameStart,
          Frames.sizeOf(bodySize),
          Optional.of(taskId),
          "its type stood in a part that is damaged"));
      return;
    }
    if (type == Frames.BESIDE) {
      Beside beside = Beside.read(body, bodyEnd);
      try {
        sideFiles.copy(taskId, beside);
      } catch (CorruptRecordException e) {
        damages.add(new Damage(
            sideFiles.from().file(beside),
            0,
            beside.size(),
            Optional.of(taskId),
            String.valueOf(e.getMessage())));
        return;
      }
    }
    records++;
    body.position = head.behindShape();
    addNumbered(type, shape, body, bodyEnd);
  }

  private void addNumbered(int type, int number, Bytes rest, int bodyEnd) throws IOException {
    int restLength = bodyEnd - rest.position;
    Bytes out = new Bytes(1 + Bytes.sizeOfVarint(number) + restLength);
    out.putByte(type);
    out.putVarint(number);
    System.arraycopy(rest.array, rest.position, out.array, out.position, restLength);
    to.add(out.array, 0, out.array.length);
  }
}
