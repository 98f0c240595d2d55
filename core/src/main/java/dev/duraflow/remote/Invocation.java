package dev.duraflow.remote;

/**
 * One attempt at one task, to be performed by a worker in any process: strings and numbers only, so that every engine can carry
 * it. Two that are equal are the same attempt of the same owner.
 *
 * @param epoch the number of the ownership of the run that asks; what is written for an earlier one is refused
 * @param factory the name of the factory that declares the DAG
 * @param parameters what the factory is given, as JSON
 * @param fingerprint of the DAG that the task is in as the owner declares it; see {@link DagFingerprint}
 * @param attempt its number within the run, from 1
 */
public record Invocation(
    String runId,
    long epoch,
    String factory,
    String parameters,
    String fingerprint,
    String taskId,
    int attempt) {}
