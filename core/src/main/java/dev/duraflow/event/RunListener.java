package dev.duraflow.event;

/**
 * Told what happens in runs. Called on the threads that run the tasks, several at once; it must be thread-safe and quick. What
 * it throws is logged and changes nothing for the run.
 */
@FunctionalInterface
public interface RunListener {
  void onEvent(RunEvent event);
}
