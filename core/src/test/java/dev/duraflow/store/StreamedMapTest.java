package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TypeRef;
import dev.duraflow.error.RunFailedException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A map whose outputs take 200 MiB, streamed in a heap of 64 MiB. */
final class StreamedMapTest {
  private static final int COUNT = 200;
  private static final int SIZE = 1 << 20;

  @TempDir
  Path directory;

  @Test
  @Timeout(600)
  void outputsOfAMap_areNeverAllInMemory() throws IOException {
    long all = (long) COUNT * SIZE;
    try (ForkedJvm first = ForkedJvm.withHeap("64m", StreamedMapTest.class, directory, "broken")) {
      assertThat(first.readLine()).isEqualTo("read " + all);
      assertThat(first.readLine()).isEqualTo("broken");
    }
    try (ForkedJvm second = ForkedJvm.withHeap("64m", StreamedMapTest.class, directory, "fine")) {
      assertThat(second.readLine()).isEqualTo("read " + all);
      assertThat(second.readLine()).isEqualTo("reused " + (COUNT + 2) + ", sum " + all);
    }
  }

  /** Sums the lengths of the outputs, and then fails or not. */
  public static void main(String[] arguments) {
    Dag dag = Dag.named("streamed");
    Task<List<Integer>> seeds = dag.task(
            "seeds", () -> IntStream.range(0, COUNT).boxed().toList())
        .returns(new TypeRef<>() {});
    Task<List<byte[]>> outputs = dag.map("output", seeds, String::valueOf, StreamedMapTest::bytes);
    Task<Long> sum = dag.stream("sum", outputs, stream -> {
          long length = stream.mapToLong(bytes -> bytes.length).sum();
          System.out.println("read " + length);
          if (arguments[1].equals("broken")) {
            throw new IllegalStateException("broken");
          }
          return length;
        })
        .returns(Long.class);
    try (Duraflow duraflow =
        Duraflow.builder().store(Path.of(arguments[0])).maxConcurrency(2).build()) {
      Run run = duraflow.run(dag);
      System.out.println("reused " + run.reused() + ", sum " + run.get(sum));
    } catch (RunFailedException e) {
      System.out.println(e.failures().get(0).cause().getMessage());
    }
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[SIZE];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
