package dev.duraflow.store;

import dev.duraflow.event.RunState;
import java.time.Instant;
import java.util.Optional;

/**
 * A run in a listing.
 *
 * @param state as in {@link RunHistory#state()}
 * @param completed how many tasks have an output. While a run has not ended this is how many have a record, and a map has one as
 *     soon as its keys are known.
 * @param sizeInBytes what it takes of the disk, large outputs included
 * @param createdAt when it came into being
 * @param changedAt when it was last written
 * @param problem what keeps it from being read; empty if nothing does. Then no more than the names and sizes of its files is
 *     known.
 */
public record RunSummary(
    String runId,
    RunState state,
    int completed,
    long sizeInBytes,
    Instant createdAt,
    Instant changedAt,
    Optional<String> problem) {}
