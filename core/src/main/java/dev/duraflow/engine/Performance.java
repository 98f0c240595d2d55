package dev.duraflow.engine;

import dev.duraflow.dag.ExpandTask;
import dev.duraflow.dag.MapTask;
import dev.duraflow.dag.Retry;
import dev.duraflow.dag.Task;
import dev.duraflow.dag.TaskContext;
import dev.duraflow.error.CodecException;
import dev.duraflow.error.DuraflowException;
import dev.duraflow.error.InvalidDagException;
import dev.duraflow.error.PlacementException;
import dev.duraflow.error.RemoteTaskException;
import dev.duraflow.error.RemoteTaskException.Advice;
import dev.duraflow.error.StoreException;
import dev.duraflow.event.RunEvent;
import dev.duraflow.event.RunListener;
import dev.duraflow.remote.Invocation;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One invocation that a worker performs: the task is found, its body called, and its output recorded, unless it has a record.
 *
 * <p>One thread performs it; others may cancel it, and wait for its end. Who cancels says so before it strikes the gate, and who
 * performs looks after it has opened it, so one of the two sees the other.
 */
public final class Performance implements Surroundings {
  private final Invocation invocation;
  private final Clock clock;
  private final Executor executor;
  private final List<RunListener> listeners;
  private final InterruptGate gate = new InterruptGate(Thread.currentThread());
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private volatile boolean cancelled;
  private @Nullable GuestRun run;

  /** To be performed by the calling thread. */
  public Performance(
      Invocation invocation, Clock clock, Executor executor, List<RunListener> listeners) {
    this.invocation = invocation;
    this.clock = clock;
    this.executor = executor;
    this.listeners = listeners;
  }

  /** Asks for its end: the body is interrupted, and its output not recorded. */
  public void cancel() {
    cancelled = true;
    gate.strike();
  }

  /**
   * Waits until another thread has performed it.
   *
   * @throws RemoteTaskException if the body failed
   * @throws PlacementException if nothing came of it for another reason
   */
  public void await() {
    try {
      end.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof DuraflowException failure
          ? failure
          : new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw placement("its worker was stopped", e);
    }
  }

  /**
   * Performs it, in the thread that made this.
   *
   * @param runs joins the run as its guest
   * @throws RemoteTaskException if the body failed
   * @throws PlacementException if nothing came of it for another reason
   */
  public void perform(Supplier<GuestRun> runs) {
    try {
      GuestRun joined = runs.get();
      run = joined;
      perform(joined);
      end.complete(null);
    } catch (RemoteTaskException | PlacementException e) {
      end.completeExceptionally(e);
      throw e;
    } catch (Throwable t) { // the body's own failures are told otherwise
      PlacementException failure = placement(said(t), t);
      end.completeExceptionally(failure);
      throw failure;
    }
  }

  private void perform(GuestRun joined) throws Exception {
    GuestRun.Found found = joined.find(invocation.taskId(), this);
    if (!found.fingerprint().equals(invocation.fingerprint())) {
      throw new InvalidDagException("the run has DAG '" + invocation.factory()
          + "' with fingerprint "
          + invocation.fingerprint() + ", and its worker declares it with " + found.fingerprint()
          + "; let both run the same version of the program");
    }
    Task<?> task = found.task();
    if (task instanceof MapTask || task instanceof ExpandTask) {
      throw new InvalidDagException(
          task + " is for the run itself, and has no body to be called elsewhere");
    }
    List<String> inputs = task.dependencies().stream().map(Task::id).toList();
    if (joined.records.isFinishedByAnybody(task, inputs)) {
      return;
    }
    Instant startedAt = clock.instant();
    Object output = call(found);
    try {
      joined.records.saveAndWait(
          joined.records.record(task, output, invocation.attempt(), startedAt, clock.instant()));
    } catch (CodecException e) { // what the body returned is at fault
      throw failure(e, Advice.GIVE_UP);
    }
  }

  private @Nullable Object call(GuestRun.Found found) {
    Context context = new Context(this, found.dag(), found.task().id());
    Supplier<TaskContext> before = Context.swap(() -> context);
    Object output = null;
    Throwable thrown = null;
    boolean struck;
    gate.open();
    try {
      if (!cancelled) {
        output = found.task().call(found.inputs());
      }
    } catch (Throwable t) {
      thrown = t;
    } finally {
      struck = gate.close() != InterruptGate.Passage.UNTOUCHED;
      context.end();
      Context.swap(before);
    }
    if (struck || cancelled) {
      throw placement("the run gave it up", thrown);
    }
    if (thrown instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      throw placement("its worker was stopped", thrown);
    }
    if (thrown instanceof StoreException) {
      throw placement(said(thrown), thrown);
    }
    if (thrown != null) {
      throw failure(thrown, advice(found.retry(), thrown));
    }
    return output;
  }

  private static Advice advice(@Nullable Retry retry, Throwable thrown) {
    if (retry == null) {
      return Advice.UNDECIDED;
    }
    try {
      return retry.isWorthwhileAfter(thrown) ? Advice.RETRY : Advice.GIVE_UP;
    } catch (Throwable t) {
      if (t != thrown) {
        thrown.addSuppressed(t);
      }
      return Advice.GIVE_UP;
    }
  }

  private RemoteTaskException failure(Throwable thrown, Advice advice) {
    return new RemoteTaskException(
        invocation.taskId(),
        thrown.getClass().getName(),
        FailureText.message(thrown),
        FailureText.of(thrown),
        advice);
  }

  private PlacementException placement(String what, @Nullable Throwable cause) {
    return new PlacementException(invocation.taskId(), invocation.runId(), what, cause);
  }

  private static String said(Throwable t) {
    String message = FailureText.message(t);
    return t instanceof DuraflowException || t instanceof IllegalArgumentException
        ? message
        : t.getClass().getName() + (message.isEmpty() ? "" : ": " + message);
  }

  @Override
  public String runId() {
    return invocation.runId();
  }

  /** That of an expansion is not known here. */
  @Override
  public int attempt(String taskId) {
    return taskId.equals(invocation.taskId()) ? invocation.attempt() : 1;
  }

  @Override
  public boolean isStopping() {
    return cancelled;
  }

  @Override
  public TaskSteps steps() {
    return Objects.requireNonNull(run).steps;
  }

  @Override
  public void progressed(String taskId, double fraction, String message) {
    RunEvent event =
        new RunEvent.TaskProgressed(invocation.runId(), clock.instant(), taskId, fraction, message);
    for (RunListener listener : listeners) {
      Signals.tell(listener, event);
    }
  }

  @Override
  public Executor executor() {
    return executor;
  }
}
