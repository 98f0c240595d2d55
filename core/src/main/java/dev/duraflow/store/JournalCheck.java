package dev.duraflow.store;

import dev.duraflow.error.CorruptRecordException;
import dev.duraflow.store.Verification.Damage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Compares all that a journal holds, and the files beside it, with their checksums. */
final class JournalCheck implements JournalSurvey.Visitor {
  private final JournalReader journal;
  private final SideFiles sideFiles;
  private final Set<Long> shapes = new HashSet<>();
  /** By name; null for those that are well. */
  private final Map<String, Optional<String>> problems = new HashMap<>();

  private final List<Damage> damages = new ArrayList<>();
  private int records;

  private JournalCheck(JournalReader journal, SideFiles sideFiles) {
    this.journal = journal;
    this.sideFiles = sideFiles;
  }

  static Verification verify(JournalReader journal, SideFiles sideFiles) throws IOException {
    JournalCheck check = new JournalCheck(journal, sideFiles);
    JournalSurvey.walk(journal, check);
    return new Verification(journal.header().runId(), check.records, check.damages);
  }

  /** What is to be said of a gap. */
  static Damage damage(Path path, long from, long to) {
    return new Damage(
        path, from, to - from, Optional.empty(), "what is there is not what was written");
  }

  @Override
  public void gap(long from, long to) {
    damages.add(damage(journal.path(), from, to));
  }

  @Override
  public void frame(int type, Bytes body, int bodyEnd, long frameStart) throws IOException {
    int bodySize = bodyEnd - body.position + 1;
    Optional<String> taskId = Optional.empty();
    try {
      if (type == Frames.RECORD || type == Frames.BESIDE) {
        RecordHead head = RecordHead.read(body);
        taskId = Optional.of(head.taskId(body));
        if (!shapes.contains((long) head.shape())) {
          add(frameStart, bodySize, taskId, "its type stood in a part that is damaged");
        } else if (type == Frames.RECORD) {
          records++;
        } else {
          sideFile(taskId.get(), Beside.read(body, bodyEnd));
        }
      } else if (type == Frames.SHAPE) {
        shapes.add(body.getVarint());
        Frames.Shape.read(body, bodyEnd);
      } else if (type == Frames.GRAPH) {
        GraphFrame.decode(body, bodyEnd);
      } else {
        new JournalNotes(journal.header()).read(type, body, bodyEnd, frameStart);
      }
    } catch (RuntimeException e) {
      add(frameStart, bodySize, taskId, "what is there has no meaning: " + e.getMessage());
    }
  }

  private void add(long frameStart, int bodySize, Optional<String> taskId, String problem) {
    damages.add(new Damage(journal.path(), frameStart, Frames.sizeOf(bodySize), taskId, problem));
  }

  private void sideFile(String taskId, Beside beside) throws IOException {
    Path file = sideFiles.file(beside);
    Optional<String> problem = problems.get(file.toString());
    if (problem == null) {
      problem = problem(taskId, beside);
      problems.put(file.toString(), problem);
    }
    if (problem.isPresent()) {
      damages.add(new Damage(file, 0, beside.size(), Optional.of(taskId), problem.get()));
    } else {
      records++;
    }
  }

  private Optional<String> problem(String taskId, Beside beside) throws IOException {
    try (InputStream in = sideFiles.payload(taskId, beside).open()) {
      in.transferTo(OutputStream.nullOutputStream());
      return Optional.empty();
    } catch (CorruptRecordException e) {
      return Optional.ofNullable(e.getMessage());
    }
  }
}
