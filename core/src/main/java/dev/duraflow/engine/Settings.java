package dev.duraflow.engine;

import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.event.Progress;
import dev.duraflow.event.RunListener;
import dev.duraflow.store.Durability;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * How a run is executed.
 *
 * @param maxConcurrency most bodies in flight at once, at least 1; the thread in {@code run()} counts
 */
public record Settings(
    Executor executor,
    int maxConcurrency,
    FailurePolicy failurePolicy,
    PersistPolicy persistPolicy,
    Durability durability,
    List<RunListener> listeners,
    List<Consumer<Progress>> progress,
    Clock clock) {}
