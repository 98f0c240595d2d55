package dev.duraflow.store;

import java.time.Instant;
import java.util.Optional;

/**
 * One try at a task within a run, as recorded.
 *
 * @param number from 1
 * @param startedAt when the body was called
 * @param finishedAt when it was over
 * @param failure the exception as text; empty if the attempt succeeded
 */
public record Attempt(
    String taskId, int number, Instant startedAt, Instant finishedAt, Optional<String> failure) {}
