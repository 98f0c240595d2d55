package dev.duraflow.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.store.Durability;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalSyncsTest {
  @TempDir
  Path directory;

  /** That the run began and ended, and where the journal's index is. */
  private static final int NOTES = 3;

  private final Dag chain = DuraflowRunner.declare(Shape.chain(7));

  @Test
  void syncs_ofAStrictChain_areOneATask_andAFewForNotes() throws Exception {
    JournalRuns.nanosToRun(chain, Durability.STRICT, directory);

    assertThat(JournalSyncs.below(directory)).isBetween(7, 7 + NOTES);
  }

  @Test
  void syncs_withoutAPromiseToSurviveALossOfPower_areNone() throws Exception {
    JournalRuns.nanosToRun(chain, Durability.PROCESS, directory);

    assertThat(JournalSyncs.below(directory)).isZero();
  }
}
