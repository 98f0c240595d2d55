package dev.duraflow.jdbc;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.duraflow.error.StoreException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * An id of a run or task as it stands in the tables. An index takes keys of some 2,700 bytes and ids may be longer, so the key of
 * a long id is its beginning, a tilde and the SHA-256 of the whole. Such a key is longer than any that is an id itself.
 *
 * @param key what is indexed
 * @param full the id, if it is not the key
 */
record Id(String key, @Nullable String full) {
  private static final int MAX_KEY = 512;

  static Id of(String id) {
    if (id.length() <= MAX_KEY / 3 && isPlain(id)) {
      return new Id(id, null);
    }
    byte[] bytes = encode(id);
    if (bytes.length <= MAX_KEY) {
      return new Id(id, null);
    }
    int end = MAX_KEY;
    while ((bytes[end] & 0xc0) == 0x80) { // within a character
      end--;
    }
    String beginning = new String(bytes, 0, end, UTF_8);
    return new Id(beginning + "~" + HexFormat.of().formatHex(sha256(bytes)), id);
  }

  /** The id that is stored under a key. */
  static String of(String key, @Nullable String full) {
    return full == null ? key : full;
  }

  private static boolean isPlain(String id) {
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      if (c == 0 || Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }

  private static byte[] encode(String id) {
    if (id.indexOf(0) < 0 && UTF_8.newEncoder().canEncode(id)) {
      return id.getBytes(UTF_8);
    }
    throw new StoreException(
        "a database cannot keep the id '" + id.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?")
            + "': it holds the character 0 or half a surrogate pair; use another id");
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
