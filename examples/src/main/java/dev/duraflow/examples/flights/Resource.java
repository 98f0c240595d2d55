package dev.duraflow.examples.flights;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** A file that is packaged with the program. */
final class Resource {
  private Resource() {}

  static InputStream open(String file) throws FileNotFoundException {
    InputStream in = Resource.class.getResourceAsStream(file);
    if (in == null) {
      throw new FileNotFoundException("the program was packaged without its file " + file);
    }
    return in;
  }

  static String text(String file) throws IOException {
    try (InputStream in = open(file)) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }
}
