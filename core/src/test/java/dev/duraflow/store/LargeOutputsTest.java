package dev.duraflow.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.Duraflow;
import dev.duraflow.Run;
import dev.duraflow.dag.Dag;
import dev.duraflow.dag.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Outputs of 50 MiB, one at a time in a heap of 256 MiB, which would hold five. */
final class LargeOutputsTest {
  private static final int SIZE = 50 << 20;

  @TempDir
  Path directory;

  @Test
  @Timeout(1_200)
  void largeOutputs_runAndAreReadBack_inAHeapThatHoldsFewOfThem() throws IOException {
    int count = Journals.times(6, 17);
    try (ForkedJvm first = ForkedJvm.withHeap("256m", LargeOutputsTest.class, directory, count)) {
      assertThat(first.readLine()).isEqualTo("ran " + 2 * count);
      assertThat(first.readLine()).isEqualTo("read " + count);
    }
    try (ForkedJvm second = ForkedJvm.withHeap("256m", LargeOutputsTest.class, directory, count)) {
      assertThat(second.readLine()).isEqualTo("ran 0");
      assertThat(second.readLine()).isEqualTo("read " + count);
    }
    assertThat(JournalStore.at(directory).verify("large").damages()).isEmpty();
  }

  /** Runs a task for each large output and one that takes its checksum, and then reads all outputs from the run. */
  public static void main(String[] arguments) {
    Dag dag = Dag.named("large");
    List<Task<byte[]>> outputs = new ArrayList<>();
    List<Task<Long>> checksums = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
      int seed = i;
      Task<byte[]> output = dag.task("output-" + i, () -> bytes(seed));
      outputs.add(output);
      checksums.add(dag.task("checksum-" + i, output, LargeOutputsTest::checksum));
    }
    try (Duraflow duraflow =
        Duraflow.builder().store(Path.of(arguments[0])).maxConcurrency(1).build()) {
      Run run = duraflow.run(dag);
      System.out.println("ran " + (run.total() - run.reused()));
      int read = 0;
      for (int i = 0; i < outputs.size(); i++) {
        if (checksum(run.get(outputs.get(i))) == run.get(checksums.get(i))) {
          read++;
        }
      }
      System.out.println("read " + read);
    }
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[SIZE];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static long checksum(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes);
    return checksum.getValue();
  }
}
