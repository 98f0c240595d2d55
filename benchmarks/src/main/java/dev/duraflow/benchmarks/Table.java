package dev.duraflow.benchmarks;

import java.io.PrintWriter;
import java.util.Locale;

/** Rows to be read by people: medians, and in brackets how far the samples went. */
record Table(PrintWriter out) implements Report {
  private static final String ROW = "%-23s %10s %-10s %29s   %-30s %29s %7s %10s  %s%n";

  @Override
  public void begin() {
    out.printf(
        ROW, "name", "n", "unit", "duraflow", "peer", "of the peer", "ratio", "target", "met");
    out.flush();
  }

  @Override
  public void add(Result result) {
    out.printf(
        ROW,
        result.name(),
        String.format(Locale.ROOT, "%,d", result.n()),
        result.unit().symbol(),
        text(result.value()),
        result.peer(),
        text(result.peerValue()),
        String.format(Locale.ROOT, "%.2f", result.ratio()),
        text(result.target()),
        result.isMet() ? "yes" : "no");
    out.flush();
  }

  private static String text(Spread spread) {
    return text(spread.median()) + " [" + text(spread.min()) + ".." + text(spread.max()) + "]";
  }

  /** Three digits or all before the point. */
  private static String text(double figure) {
    int decimals = figure >= 100 ? 0 : figure >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%,." + decimals + "f", figure);
  }
}
