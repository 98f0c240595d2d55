package dev.duraflow.event;

/**
 * How far a run has come, told after each completed task, one at a time and with {@code completed} growing by one.
 *
 * @param taskId the task that was completed
 * @param completed how many tasks have an output now, this one included
 * @param total how many tasks are known now; maps add to it while the run goes on
 * @param reused whether the output was taken from its record instead of running the body
 */
public record Progress(String runId, String taskId, int completed, int total, boolean reused) {}
