package dev.duraflow.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MessagesTest {
  private final IOException noFile = new IOException("no such file: flights.csv");

  private static RunFailedException failed(TaskFailure... failures) {
    return new RunFailedException("2001-q1", List.of(failures));
  }

  private static List<TaskFailure> failures(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new TaskFailure("t" + i, new IllegalStateException("broken " + i)))
        .toList();
  }

  @Test
  void runFailed_once_readsAsOneSentence() {
    assertThat(failed(new TaskFailure("load", noFile)))
        .hasMessage("run '2001-q1': task 'load' failed: java.io.IOException: no such file:"
            + " flights.csv")
        .hasCause(noFile)
        .hasNoSuppressedExceptions();
  }

  @Test
  void runFailed_twice_namesBoth() {
    assertThat(new RunFailedException("r", failures(2)))
        .hasMessage("run 'r': 2 tasks failed: task 't0' failed: java.lang.IllegalStateException:"
            + " broken 0; task 't1' failed: java.lang.IllegalStateException: broken 1");
  }

  @Test
  void runFailed_threeTimes_namesAll() {
    assertThat(new RunFailedException("r", failures(3)).getMessage())
        .startsWith("run 'r': 3 tasks failed: ")
        .contains("'t0'", "'t1'", "'t2'")
        .doesNotContain("more");
  }

  @Test
  void runFailed_fourTimes_namesThree() {
    assertThat(new RunFailedException("r", failures(4)).getMessage())
        .contains("'t2'")
        .doesNotContain("'t3'")
        .endsWith("; and 1 more");
  }

  @Test
  void runFailed_tenThousandTimes_staysReadable_andForgetsNone() {
    RunFailedException failure = new RunFailedException("r", failures(10_000));

    assertThat(failure.getMessage())
        .startsWith("run 'r': 10000 tasks failed: task 't0' failed")
        .endsWith("; and 9997 more")
        .hasSizeLessThan(300);
    assertThat(failure.failures()).hasSize(10_000);
    assertThat(failure.failures().get(9_999).taskId()).isEqualTo("t9999");
    assertThat(failure.getSuppressed()).isNotEmpty();
  }

  @Test
  void runFailed_tenThousandTimes_printedAHundredThousandLines() {
    StringWriter text = new StringWriter();
    new RunFailedException("r", failures(10_000)).printStackTrace(new PrintWriter(text));

    assertThat(text.toString().lines()).hasSizeLessThan(21 * 60);
  }

  @Test
  void runFailed_keepsTheFirstAsCauseAndTheOthersSuppressed() {
    List<TaskFailure> failures = failures(3);

    assertThat(new RunFailedException("r", failures))
        .hasCause(failures.get(0).cause())
        .extracting(Throwable::getSuppressed)
        .isEqualTo(new Throwable[] {failures.get(1).cause(), failures.get(2).cause()});
  }

  @Test
  void runFailed_ofOneCauseForAll_hasItOnce() {
    TaskFailure[] same = {
      new TaskFailure("a", noFile), new TaskFailure("b", noFile), new TaskFailure("c", noFile)
    };

    assertThat(failed(same)).hasCause(noFile).hasNoSuppressedExceptions();
    assertThat(failed(same).failures()).containsExactly(same);
  }

  @Test
  void runFailed_ofOneCauseAmongOthers_suppressesItOnce() {
    IOException other = new IOException("other");

    assertThat(failed(
                new TaskFailure("a", noFile),
                new TaskFailure("b", other),
                new TaskFailure("c", other))
            .getSuppressed())
        .containsExactly(other);
  }

  @Test
  void runFailed_ofAnEarlierRunsFailure_keepsIt() {
    RunFailedException inner = failed(new TaskFailure("inner", noFile));

    RunFailedException outer = failed(
        new TaskFailure("a", noFile),
        new TaskFailure("nested", inner),
        new TaskFailure("b", inner));

    assertThat(outer.getSuppressed()).containsExactly(inner);
    assertThat(outer.getMessage())
        .contains("task 'nested' failed: run '2001-q1': task 'inner' failed: java.io.IOException");
  }

  @Test
  void runFailed_doesNotFollowTheListItWasMadeOf() {
    List<TaskFailure> failures = new ArrayList<>(failures(1));
    RunFailedException failure = new RunFailedException("r", failures);

    failures.clear();

    assertThat(failure.failures()).hasSize(1);
  }

  @Test
  void runFailed_isSerializable_butForTheListOfFailures() throws Exception {
    RunFailedException failure =
        failed(new TaskFailure("a", noFile), new TaskFailure("b", new IOException("b")));

    RunFailedException copy = (RunFailedException) copy(failure);

    assertThat(copy).hasMessage(failure.getMessage()).hasCauseInstanceOf(IOException.class);
    assertThat(copy.runId()).isEqualTo("2001-q1");
    assertThat(copy.getSuppressed()).hasSize(1);
    assertThat(copy.failures()).isEmpty();
  }

  @Test
  void taskFailure_ofOurOwn_isNotNamedByItsClass() {
    assertThat(new TaskFailure("a", new PersistException("r", "a", noFile)))
        .hasToString("task 'a' failed: the output of task 'a' in run 'r' could not be persisted:"
            + " java.io.IOException: no such file: flights.csv; mend the store and run again, the"
            + " task's body will be called again");
  }

  @Test
  void taskFailure_withoutMessage_isNamedByItsClass() {
    assertThat(new TaskFailure("a", new NullPointerException()))
        .hasToString("task 'a' failed: java.lang.NullPointerException");
    assertThat(new TaskFailure("a", new StackOverflowError()))
        .hasToString("task 'a' failed: java.lang.StackOverflowError");
    assertThat(new TaskFailure("a", new DuraflowException(null)))
        .hasToString("task 'a' failed: dev.duraflow.error.DuraflowException");
  }

  @Test
  void persist_namesTaskRunCauseAndTheWayOut() {
    PersistException failure =
        new PersistException("r", "a", new StoreException("disk full", noFile));

    assertThat(failure)
        .hasMessage("the output of task 'a' in run 'r' could not be persisted: disk full; mend the"
            + " store and run again, the task's body will be called again")
        .hasCauseInstanceOf(StoreException.class);
    assertThat(failure.runId()).isEqualTo("r");
    assertThat(failure.taskId()).isEqualTo("a");
  }

  @Test
  void typeMismatch_namesBothTypesAndTheWayOut() {
    TypeMismatchException failure =
        new TypeMismatchException("invoice-1042", "charge", "Receipt", "Payment");

    assertThat(failure)
        .hasMessage("task 'charge' in run 'invoice-1042' was stored as Receipt but is now declared"
            + " as Payment; change the type back, rename the task, or use another run id");
    assertThat(failure.taskId()).isEqualTo("charge");
    assertThat(failure.storedType()).isEqualTo("Receipt");
    assertThat(failure.declaredType()).isEqualTo("Payment");
  }

  @Test
  void runLocked_namesTheHolder() throws Exception {
    RunLockedException failure = new RunLockedException(
        "r", new RunLockedException.Holder("mars", 4711, Instant.parse("2024-01-01T00:00:00Z")));

    assertThat(failure)
        .hasMessage("run 'r' is held by process 4711 on host mars since 2024-01-01T00:00:00Z; wait"
            + " until it ends, end it, or use another run id");
    assertThat(((RunLockedException) copy(failure)).holder()).isEqualTo(failure.holder());
  }

  @Test
  void runCancelled_saysHowFarItGot() {
    assertThat(new RunCancelledException("r", 3, 10))
        .hasMessage("run 'r' was cancelled with 3 of 10 tasks completed; run it again to go on from"
            + " there");
  }

  @Test
  void allAreOneKind() {
    assertThat(List.of(
            new CodecException("a", null),
            new CorruptRecordException("a", null),
            new InvalidDagException("a"),
            new PersistException("r", "a", noFile),
            new RunCancelledException("r", 0, 0),
            failed(new TaskFailure("a", noFile)),
            new StoreException("a"),
            new TypeMismatchException("r", "a", "b", "c")))
        .allSatisfy(failure -> assertThat(failure).isInstanceOf(DuraflowException.class));
  }

  private static Object copy(Object value) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ObjectOutputStream objects = new ObjectOutputStream(out)) {
      objects.writeObject(value);
    }
    try (ObjectInputStream objects =
        new ObjectInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      return objects.readObject();
    }
  }
}
