package dev.duraflow.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * Events for the JDK's Flight Recorder. A runtime image may lack its module, and asking whether it records initializes it, so
 * both are looked at before the first event is made.
 */
final class FlightRecording {
  private static final boolean AVAILABLE =
      ModuleLayer.boot().findModule("jdk.jfr").isPresent();

  private FlightRecording() {}

  /** Whether a recording is on, or was on in this process. */
  static boolean isOn() {
    return AVAILABLE && Recorder.isInitialized();
  }

  /** Begins the event of a body that is about to be called; null if there is nobody to see it. */
  static @Nullable TaskBody begin(String runId, String taskId) {
    TaskBody event = new TaskBody();
    if (!event.isEnabled()) {
      return null;
    }
    event.run = runId;
    event.task = taskId;
    event.begin();
    return event;
  }

  /** Apart, so that the class is only loaded where the module is. */
  private static final class Recorder {
    static boolean isInitialized() {
      return FlightRecorder.isInitialized();
    }
  }

  /** One call of a task's body; its duration is the body's, without the time that recording the output takes. */
  @Name("duraflow.Task")
  @Label("Task")
  @Category("duraflow")
  @Description("One call of a task's body")
  @StackTrace(false)
  static final class TaskBody extends Event {
    @Label("Run")
    @Nullable
    String run;

    @Label("Task")
    @Nullable
    String task;

    @Label("Succeeded")
    boolean succeeded;

    void end(boolean success) {
      succeeded = success;
      commit();
    }
  }
}
