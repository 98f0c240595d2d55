package dev.duraflow.examples;

import dev.duraflow.event.Progress;
import java.io.PrintStream;
import java.util.function.Consumer;

/** Tells people how far a run has come, and what else they should know meanwhile. Thread-safe. */
public final class ProgressReport implements Consumer<Progress>, AutoCloseable {
  private static final int BAR = 30;

  /** How much is told. */
  enum Detail {
    /** One row, written over again and again: for a terminal. */
    ROW,
    /** A line for each declared task, and one for each tenth of a map's elements: for a file. */
    LINES,
    /** A line for each task. */
    TASKS
  }

  private final PrintStream out;
  private final Detail detail;
  private final int declared;
  private int elements;
  private int reusedElements;

  /** @param declared how many tasks the DAG declares; all beyond are elements of its map */
  ProgressReport(PrintStream out, Detail detail, int declared) {
    this.out = out;
    this.detail = detail;
    this.declared = declared;
  }

  @Override
  public synchronized void accept(Progress progress) {
    switch (detail) {
      case ROW -> row(progress);
      case LINES -> line(progress);
      case TASKS -> out.println((progress.reused() ? "reused " : "ran ") + progress.taskId());
    }
    out.flush();
  }

  private void row(Progress progress) {
    int filled = (int) ((long) BAR * progress.completed() / progress.total());
    out.print("\r\u001b[K" + "#".repeat(filled) + "-".repeat(BAR - filled) + "  "
        + progress.completed() + " of " + progress.total() + " tasks  " + progress.taskId());
  }

  private void line(Progress progress) {
    int bracket = progress.taskId().indexOf('[');
    if (bracket < 0) {
      out.println(progress.taskId() + (progress.reused() ? ": reused" : ": done"));
      return;
    }
    elements++;
    reusedElements += progress.reused() ? 1 : 0;
    int total = progress.total() - declared;
    if (elements * 10 / total > (elements - 1) * 10 / total) {
      out.println(progress.taskId().substring(0, bracket) + ": " + elements + " of " + total
          + (reusedElements > 0 ? ", " + reusedElements + " of them reused" : ""));
    }
  }

  /** Prints a line; a row comes again below it. */
  public synchronized void tell(String line) {
    close();
    out.println(line);
    out.flush();
  }

  /** Takes the row away, so that what is printed next starts on an empty line. */
  @Override
  public synchronized void close() {
    if (detail == Detail.ROW) {
      out.print("\r\u001b[K");
      out.flush();
    }
  }
}
