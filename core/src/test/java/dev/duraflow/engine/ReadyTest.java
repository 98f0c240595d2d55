package dev.duraflow.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.duraflow.dag.Dag;
import dev.duraflow.engine.Ready.Entry;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

final class ReadyTest {
  private static final Frame FRAME = new Frame(Dag.named("frame"), null, null, false);

  /** What a worker does with the stack, on every interleaving of a few steps. */
  public static final class Linearizable {
    private final Ready ready = new Ready();

    @Operation
    public void push(@Param(gen = IntGen.class, conf = "0:9") int task) {
      Entry entry = new Entry(FRAME, task);
      ready.push(entry, entry);
    }

    @Operation
    public void pushTwo(
        @Param(gen = IntGen.class, conf = "0:9") int first,
        @Param(gen = IntGen.class, conf = "0:9") int second) {
      Entry top = new Entry(FRAME, first);
      top.next = new Entry(FRAME, second);
      ready.push(top, top.next);
    }

    @Operation
    public int take() {
      for (Entry top = ready.peek(); top != null; top = ready.peek()) {
        if (ready.pop(top)) {
          return top.task;
        }
      }
      return -1;
    }

    @Operation
    public boolean isEmpty() {
      return ready.isEmpty();
    }
  }

  @Test
  void stack_isLinearizable_onEveryInterleaving() {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(200)
        .threads(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .actorsPerThread(3)
        .checkObstructionFreedom(true)
        .check(Linearizable.class);
  }

  @Test
  void chain_isTakenFromItsFirstEntry_beforeWhatWasThere() {
    Ready ready = new Ready();
    push(ready, 1);
    push(ready, 2, 3);
    List<Integer> taken = new ArrayList<>();
    for (Entry top = ready.peek(); top != null; top = ready.peek()) {
      assertThat(ready.pop(top)).isTrue();
      taken.add(top.task);
    }
    assertThat(taken).containsExactly(2, 3, 1);
    assertThat(ready.isEmpty()).isTrue();
  }

  @Test
  void pop_ofAnEntryThatIsNoLongerOnTop_takesNothing() {
    Ready ready = new Ready();
    push(ready, 1);
    Entry one = ready.peek();
    push(ready, 2);
    assertThat(ready.pop(one)).isFalse();
    assertThat(ready.peek().task).isEqualTo(2);
  }

  private static void push(Ready ready, int... tasks) {
    Entry first = new Entry(FRAME, tasks[0]);
    Entry last = first;
    for (int i = 1; i < tasks.length; i++) {
      last.next = new Entry(FRAME, tasks[i]);
      last = last.next;
    }
    ready.push(first, last);
  }
}
