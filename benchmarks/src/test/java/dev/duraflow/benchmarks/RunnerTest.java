package dev.duraflow.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever is compared does the same work. */
final class RunnerTest {
  private static final List<Shape> SHAPES = List.of(
      Shape.independent(10),
      Shape.chain(40),
      Shape.chains(3, 5),
      Shape.layered(4, 42),
      Shape.diamond(),
      Shape.fanOut(10));

  @Test
  void runners_ofEveryShape_outputWhatAPlainLoopDoes() throws Exception {
    try (Runner duraflow = new DuraflowRunner();
        Runner futures = new CompletableFutures();
        Runner parSeq = new ParSeq()) {
      for (Runner runner : List.of(duraflow, futures, parSeq)) {
        for (Shape shape : SHAPES) {
          assertThat(runner.wire(shape).run())
              .as("%s, %s tasks", runner.name(), shape.size())
              .isEqualTo(shape.output());
        }
      }
    }
  }

  @Test
  void shapes_areAsDeepAsTheirNamesSay() {
    assertThat(SHAPES.stream().map(Shape::depth)).containsExactly(1, 40, 5, 11, 3, 2);
  }

  @Test
  void layered_whereLayersAreOneWide_dependsTwiceOnTheSame() {
    assertThat(Shape.layered(1, 3).dependencies(2)).containsExactly(1, 1);
  }
}
