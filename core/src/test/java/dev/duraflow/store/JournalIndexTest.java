package dev.duraflow.store;

import static dev.duraflow.store.Journals.HEADER;
import static dev.duraflow.store.Journals.record;
import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.store.Frames.Shapes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
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

  /** FNV-1a of one byte after another: ids that begin with colliding parts collide as wholes. */
  @Test
  void find_amongIdsOfOneHash_tellsThemApart() throws IOException {
    List<String> colliding = colliding();
    assertThat(colliding.size()).isGreaterThan(3);
    List<String> ids = new ArrayList<>();
    for (String one : colliding) {
      for (int i = 0; i < 200; i++) {
        ids.add(one + i);
      }
    }
    for (int i = 0; i < ids.size(); i++) {
      save(ids.get(i), 1 + i);
    }
    read();
    for (int i = 0; i < ids.size(); i++) {
      assertThat(attempt(ids.get(i))).isEqualTo(1 + i);
    }
  }

  /** Ids with one 32-bit FNV-1a hash. */
  private static List<String> colliding() {
    Map<Integer, List<String>> byHash = new HashMap<>();
    for (int i = 0; i < 400_000; i++) {
      String id = Integer.toString(i * 7919, 36);
      int hash = 0x811c9dc5;
      for (int c = 0; c < id.length(); c++) {
        hash = (hash ^ id.charAt(c)) * 0x01000193;
      }
      byHash.computeIfAbsent(hash, any -> new ArrayList<>(1)).add(id);
    }
    return byHash.values().stream()
        .filter(ids -> ids.size() > 1)
        .flatMap(List::stream)
        .toList();
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
