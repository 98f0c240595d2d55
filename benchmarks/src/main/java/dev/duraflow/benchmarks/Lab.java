package dev.duraflow.benchmarks;

import java.io.PrintWriter;

/** What measurements are given. */
record Lab(Effort effort, Scratch scratch, PrintWriter notes) {
  Effort.Sizes sizes() {
    return effort.sizes();
  }

  /** Says something that isn't a result. */
  void note(String text) {
    notes.println(text);
    notes.flush();
  }
}
