package dev.duraflow.benchmarks;

/** What a figure counts, and which way is better. */
enum Unit {
  NANOS_PER_TASK("ns/task", Better.LOWER),
  MICROS_PER_TASK("µs/task", Better.LOWER),
  MICROS_PER_RUN("µs/run", Better.LOWER),
  MILLIS("ms", Better.LOWER),
  TASKS_PER_SECOND("tasks/s", Better.HIGHER),
  TASKS_PER_SYNC("tasks/sync", Better.HIGHER),
  OF_BOUND("× bound", Better.LOWER),
  OF_DEATH("× death", Better.LOWER),
  BYTES_PER_BYTE("bytes/byte", Better.LOWER),
  BYTES_PER_TASK("bytes/task", Better.LOWER),
  MEBIBYTES("MiB", Better.LOWER);

  private enum Better {
    LOWER,
    HIGHER
  }

  private final String symbol;
  private final Better better;

  Unit(String symbol, Better better) {
    this.symbol = symbol;
    this.better = better;
  }

  String symbol() {
    return symbol;
  }

  /** The figure in this unit of something that takes so long each time; only for units that count time. */
  double of(double nanosEach) {
    return switch (this) {
      case NANOS_PER_TASK -> nanosEach;
      case MICROS_PER_TASK, MICROS_PER_RUN -> nanosEach / 1e3;
      case MILLIS -> nanosEach / 1e6;
      case TASKS_PER_SECOND -> 1e9 / nanosEach;
      case TASKS_PER_SYNC, OF_BOUND, OF_DEATH, BYTES_PER_BYTE, BYTES_PER_TASK, MEBIBYTES ->
        throw new IllegalStateException(symbol + " doesn't count time");
    };
  }

  /** How many times better a figure is than another one. */
  double ratio(double value, double other) {
    return better == Better.LOWER ? other / value : value / other;
  }

  /** The figure that has this ratio to another one. */
  double atRatio(double ratio, double other) {
    return better == Better.LOWER ? other / ratio : other * ratio;
  }

  boolean meets(double value, double target) {
    return ratio(value, target) >= 1;
  }
}
