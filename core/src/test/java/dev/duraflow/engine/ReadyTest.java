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
  /** Of ten tasks, of which each second has a higher priority. */
  private static final Frame FRAME = new Frame(Graph.of(tenTasks()), null, null, null, false);

  private static Dag tenTasks() {
    Dag dag = Dag.named("frame");
    for (int i = 0; i < 10; i++) {
      dag.task("task-" + i, () -> 1).priority(i % 2);
    }
    return dag;
  }

  private static Ready heap() {
    return new ReadyHeap(Order.of(FRAME.graph, Durations.unknown(), 1, true));
  }

  /** What a worker does with it, on every interleaving of a few steps. */
  public abstract static class Linearizable {
    private final Ready ready;

    Linearizable(Ready ready) {
      this.ready = ready;
    }

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
      for (Entry top = ready.choose(); top != null; top = ready.choose()) {
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

  /** The stack. */
  public static final class LinearizableStack extends Linearizable {
    public LinearizableStack() {
      super(new ReadyStack());
    }
  }

  /** The heap. */
  public static final class LinearizableHeap extends Linearizable {
    public LinearizableHeap() {
      super(heap());
    }
  }

  @Test
  void stack_isLinearizable_onEveryInterleaving() {
    everyInterleaving().checkObstructionFreedom(true).check(LinearizableStack.class);
  }

  @Test
  void heap_isLinearizable_onEveryInterleaving() {
    everyInterleaving().check(LinearizableHeap.class);
  }

  private static ModelCheckingOptions everyInterleaving() {
    return new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(200)
        .threads(2)
        .actorsBefore(0)
        .actorsAfter(0)
        .actorsPerThread(3);
  }

  @Test
  void heap_givesHigherPrioritiesFirst_thenWhatCameLast() {
    Ready ready = heap();
    push(ready, 0, 2);
    push(ready, 1, 3);
    push(ready, 4, 5);
    List<Integer> taken = new ArrayList<>();
    for (Entry top = ready.choose(); top != null; top = ready.choose()) {
      assertThat(ready.pop(top)).isTrue();
      taken.add(top.task);
    }
    assertThat(taken).containsExactly(5, 1, 3, 4, 0, 2);
  }

  @Test
  void chain_isTakenFromItsFirstEntry_beforeWhatWasThere() {
    Ready ready = new ReadyStack();
    push(ready, 1);
    push(ready, 2, 3);
    List<Integer> taken = new ArrayList<>();
    for (Entry top = ready.choose(); top != null; top = ready.choose()) {
      assertThat(ready.pop(top)).isTrue();
      taken.add(top.task);
    }
    assertThat(taken).containsExactly(2, 3, 1);
    assertThat(ready.isEmpty()).isTrue();
  }

  @Test
  void pop_ofAnEntryThatIsNoLongerOnTop_takesNothing() {
    Ready ready = new ReadyStack();
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
