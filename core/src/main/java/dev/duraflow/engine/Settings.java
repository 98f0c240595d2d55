package dev.duraflow.engine;

import dev.duraflow.dag.FailurePolicy;
import dev.duraflow.dag.PersistPolicy;
import dev.duraflow.dag.Retry;
import dev.duraflow.event.Progress;
import dev.duraflow.event.RunListener;
import dev.duraflow.remote.TaskEngine;
import dev.duraflow.store.Durability;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How a run is executed.
 *
 * @param scheduler wakes what waits for a time
 * @param random from 0 to 1, for the jitter of retries
 * @param limits shared by all runs of an engine
 * @param maxConcurrency most bodies in flight at once, at least 1; the thread in {@code run()} counts
 * @param retry for tasks that do not say themselves, in DAGs that do not either
 * @param runTimeout after which a run is cancelled; null for never
 * @param gracePeriod how long bodies have to heed an interrupt before they are abandoned
 * @param taskEngine where the bodies of DAGs that a factory made are called; null for here
 */
public record Settings(
    Executor executor,
    ScheduledExecutorService scheduler,
    Limits limits,
    DoubleSupplier random,
    int maxConcurrency,
    FailurePolicy failurePolicy,
    PersistPolicy persistPolicy,
    Durability durability,
    Retry retry,
    @Nullable Duration runTimeout,
    Duration gracePeriod,
    List<RunListener> listeners,
    List<Consumer<Progress>> progress,
    Clock clock,
    @Nullable TaskEngine taskEngine) {}
