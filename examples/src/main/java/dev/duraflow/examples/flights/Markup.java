package dev.duraflow.examples.flights;

import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A piece of HTML or SVG. What is put into it is escaped, unless it is itself a {@code Markup}; so text from outside
 * can't become a tag. Numbers look the same on every machine: a decimal point and at most one digit after it.
 */
final class Markup {
  private static final Pattern NAME = Pattern.compile("\\{\\{(\\w+)}}");

  private final StringBuilder text = new StringBuilder();

  /** Markup that was escaped when it was made. */
  static Markup of(String trusted) {
    Markup markup = new Markup();
    markup.text.append(trusted);
    return markup;
  }

  /** The template with every <code>{{name}}</code> replaced by the value of that name. */
  static Markup fill(String template, Map<String, ?> values) {
    String filled = NAME.matcher(template).replaceAll(match -> {
      Object value = values.get(match.group(1));
      if (value == null) {
        throw new IllegalArgumentException(
            "the template asks for a value that is not there: " + match.group(1));
      }
      return Matcher.quoteReplacement(escaped(value));
    });
    return of(filled);
  }

  /** As {@link #add}, and ends the line. */
  Markup line(String pattern, Object... values) {
    add(pattern, values);
    text.append('\n');
    return this;
  }

  /** Appends the pattern with each <code>{}</code> in it replaced by the next value. */
  Markup add(String pattern, Object... values) {
    int from = 0;
    for (Object value : values) {
      int hole = pattern.indexOf("{}", from);
      if (hole < 0) {
        throw new IllegalArgumentException("more values than {} in: " + pattern);
      }
      text.append(pattern, from, hole).append(escaped(value));
      from = hole + 2;
    }
    if (pattern.indexOf("{}", from) >= 0) {
      throw new IllegalArgumentException("fewer values than {} in: " + pattern);
    }
    text.append(pattern, from, pattern.length());
    return this;
  }

  private static String escaped(Object value) {
    if (value instanceof Markup markup) {
      return markup.toString();
    }
    if (value instanceof Double number) {
      return decimal(number);
    }
    return value
        .toString()
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** {@code 12.3}, rounded half up. */
  static String decimal(double number) {
    long tenths = Math.round(number * 10);
    return (tenths < 0 ? "-" : "") + Math.abs(tenths) / 10 + "." + Math.abs(tenths) % 10;
  }

  /** {@code 20,000}. */
  static String grouped(int number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** {@code 31 %}. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", share * 100);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
