package dev.duraflow.store;

import static dev.duraflow.store.Journals.HEADER;
import static dev.duraflow.store.Journals.record;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.Frames.Shapes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalIndexTest {
  @TempDir
  Path directory;

  private MemoryFile file;
  private JournalWriter writer;
  private JournalIndex index;

  @BeforeEach
  void create() throws IOException {
    byte[] header = HEADER.encoded();
    file = new MemoryFile(Files.createFile(directory.resolve("any")), header);
    writer = new JournalWriter(
        "run", file, HEADER, new Shapes(), header.length, false, Durability.PROCESS);
    index = new JournalIndex(file, HEADER, header.length);
  }

  private void save(String id, int attempt) {
    writer.append(record(id, attempt, new byte[attempt % 5]), null, new byte[attempt % 5]);
  }

  private void read() throws IOException {
    writer.flush().toCompletableFuture().join();
    assertThat(index.readTo(writer.committedTo())).isEqualTo(writer.committedTo());
  }

  private Integer attempt(String id) {
    TaskRecord found = index.find(id, (taskId, type, frameStart, bodySize, headLength) -> {
      assertThat(taskId).isEqualTo(id);
      return Payload.of(new byte[bodySize - headLength]);
    });
    if (found == null) {
      return null;
    }
    assertThat(found.taskId()).isEqualTo(id);
    assertThat(found.payload().size()).isEqualTo(found.attempt() % 5);
    return found.attempt();
  }

  @Test
  void find_beforeAndAfterEachReading_isTheLatest() throws IOException {
    Random random = new Random(1);
    Map<String, Integer> expected = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      String id = "task-" + random.nextInt(3_000);
      int attempt = random.nextInt(100);
      save(id, attempt);
      expected.put(id, attempt);
      if (random.nextInt(500) == 0) {
        read();
        assertThat(index.count()).isEqualTo(expected.size());
        assertThat(attempt(id)).isEqualTo(attempt);
      }
    }
    read();
    for (int i = 0; i < 3_000; i++) {
      assertThat(attempt("task-" + i)).isEqualTo(expected.get("task-" + i));
    }
    assertThat(attempt("task-3000")).isNull();
    assertThat(attempt("")).isNull();
  }

  /** As with {@link String#hashCode}, texts of these pairs of letters have one hash. */
  @Test
  void find_amongIdsOfOneHash_tellsThemApart() throws IOException {
    List<String> ids = List.of("");
    for (int pairs = 0; pairs < 9; pairs++) {
      ids = ids.stream().flatMap(id -> Stream.of(id + "Aa", id + "BB")).toList();
    }
    assertThat(ids.stream().mapToInt(String::hashCode).distinct().count()).isEqualTo(1);
    for (int i = 0; i < ids.size(); i++) {
      save(ids.get(i), 1 + i);
    }
    read();
    for (int i = 0; i < ids.size(); i++) {
      assertThat(attempt(ids.get(i))).isEqualTo(1 + i);
    }
    assertThat(attempt("AaAa")).isNull();
  }

  @Test
  void find_idsOfAllLengths_acrossPages() throws IOException {
    for (int length = 1; length <= 10_000; length += 97) {
      for (int i = 0; i < 4; i++) {
        save(i + "x".repeat(length), length);
      }
    }
    save("y".repeat(3 << 20), 1); // larger than a page
    save("after", 2);
    read();
    for (int length = 1; length <= 10_000; length += 97) {
      for (int i = 0; i < 4; i++) {
        assertThat(attempt(i + "x".repeat(length))).isEqualTo(length);
      }
    }
    assertThat(attempt("y".repeat(3 << 20))).isEqualTo(1);
    assertThat(attempt("after")).isEqualTo(2);
  }

  @Test
  void find_amongManyIds_findsEach() throws IOException {
    int ids = 1_000_000;
    for (int i = 0; i < ids; i++) {
      save("task[" + i + "]", 1 + i % 7);
    }
    read();
    assertThat(index.count()).isEqualTo(ids);
    for (int i = 0; i < ids; i += 7) {
      assertThat(attempt("task[" + i + "]")).isEqualTo(1 + i % 7);
    }
    assertThat(attempt("task[-1]")).isNull();
  }
}
