package dev.duraflow.benchmarks;

/** Where results go, as they come. */
interface Report {
  void begin();

  void add(Result result);
}
