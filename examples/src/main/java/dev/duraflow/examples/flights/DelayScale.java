package dev.duraflow.examples.flights;

import java.util.Arrays;
import java.util.Locale;

/**
 * The steps of a mean delay, of which the middle one is near the mean of all flights. The style sheet of the charts gives
 * each a colour, from blue over a pale middle to red: people who can't tell red from green can tell these apart, and
 * neighbours differ in lightness, too.
 */
enum DelayScale {
  LOWEST("under 3", Double.NEGATIVE_INFINITY),
  LOW("3 to 6", 3),
  MIDDLE("6 to 9", 6),
  HIGH("9 to 12", 9),
  HIGHEST("12 and more", 12);

  private final String text;
  private final double from;

  DelayScale(String text, double from) {
    this.text = text;
    this.from = from;
  }

  static DelayScale of(double minutes) {
    return Arrays.stream(values())
        .filter(step -> minutes >= step.from)
        .reduce((lower, higher) -> higher)
        .orElse(LOWEST);
  }

  /** The range in minutes. */
  String text() {
    return text;
  }

  String cssClass() {
    return name().toLowerCase(Locale.ROOT);
  }
}
