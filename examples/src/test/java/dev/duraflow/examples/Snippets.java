package dev.duraflow.examples;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Java code that a page of the documentation shows, and where it was taken from.
 *
 * <pre>
 * in a page                              in a test
 *
 * &lt;!-- snippet: NAME --&gt;               // snippet: NAME
 * ```java                                what the page shows
 * what the page shows                    // hide
 * ```                                    what the page leaves out
 *                                        // show
 *                                        // end
 * </pre>
 *
 * <p>A name that is a path, seen from the root of the project, stands for a whole file but for its package and imports; with a
 * region's name after a {@code #}, for that region of the file.
 */
final class Snippets {
  private static final Pattern BLOCK = Pattern.compile(
      "(?:<!-- snippet: (?<name>\\S+) -->\\n)?^```java\\n(?<text>.*?)^```$",
      Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern REGION = Pattern.compile(
      "^ *// snippet: (?<name>\\S+)\\n(?<text>.*?)^ *// end$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern HIDDEN =
      Pattern.compile("^ *// hide\\n.*?^ *// show\\n", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern HEAD =
      Pattern.compile("\\A(?:(?:package|import) .*\\n|\\n)+", Pattern.UNIX_LINES);

  private Snippets() {}

  /** The text of a file of the project. */
  static String text(String file) {
    try {
      return Files.readString(root().resolve(file)).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a page shows, by name. */
  static Map<String, String> in(String page) {
    Map<String, String> shown = new LinkedHashMap<>();
    Matcher block = BLOCK.matcher(text(page));
    while (block.find()) {
      String name = block.group("name");
      if (name == null) {
        throw new AssertionError(
            page + " has a block of Java without a name above it:\n" + block.group());
      }
      if (shown.put(name, unindented(block.group("text"))) != null) {
        throw new AssertionError(page + " has two blocks named " + name);
      }
    }
    return shown;
  }

  /** What a page is to show: the regions of a class in this package, and the files that the page names. */
  static Map<String, String> expectedIn(String page, Class<?>... sources) {
    Map<String, String> expected = new LinkedHashMap<>();
    for (Class<?> source : sources) {
      expected.putAll(
          regions("examples/src/test/java/" + source.getName().replace('.', '/') + ".java"));
    }
    for (String name : in(page).keySet()) {
      int region = name.indexOf('#');
      if (region >= 0) {
        String shown = regions(name.substring(0, region)).get(name.substring(region + 1));
        expected.put(name, String.valueOf(shown));
      } else if (name.contains("/")) {
        expected.put(name, unindented(HEAD.matcher(text(name)).replaceFirst("")));
      }
    }
    return expected;
  }

  private static Map<String, String> regions(String file) {
    Map<String, String> regions = new LinkedHashMap<>();
    Matcher region = REGION.matcher(text(file));
    while (region.find()) {
      regions.put(
          region.group("name"), unindented(HIDDEN.matcher(region.group("text")).replaceAll("")));
    }
    return regions;
  }

  private static String unindented(String code) {
    List<String> lines = code.stripTrailing().lines().map(String::stripTrailing).toList();
    int indent = lines.stream()
        .filter(line -> !line.isEmpty())
        .mapToInt(line -> line.length() - line.stripLeading().length())
        .min()
        .orElse(0);
    return lines.stream()
        .map(line -> line.substring(Math.min(indent, line.length())))
        .collect(joining("\n"));
  }

  /** The directory of the project. */
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.exists(here.resolve("README.md")) ? here : here.getParent();
  }
}
