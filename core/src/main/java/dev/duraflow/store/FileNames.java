package dev.duraflow.store;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Names of files for ids, good on every disk, and different for different ids.
 *
 * <pre>
 * id                    name
 * load-5                load-5               letters, digits, '_' and '-' stay
 * a/b                   a%2Fb                all else is escaped, byte by byte of its UTF-8, as in URLs
 * nul                   %6Eul                a device on Windows
 * Load, beside load     %4C%6F%61%64         {@linkplain #distinct another name} where disks that ignore case see one
 * (200 bytes or more)   (begin)~(SHA-256)    '~' occurs in no other name
 * </pre>
 *
 * <p>All but the last kind can be read back by undoing the escapes. A dot never occurs, so that such names can be told from
 * all others.
 */
final class FileNames {
  /** Less than the 255 bytes that a name may have, so that suffixes still fit. */
  static final int MAX_LENGTH = 200;

  private static final int BEGIN_LENGTH = 100;
  private static final HexFormat HEX = HexFormat.of();
  private static final Pattern DEVICE = Pattern.compile("(?i)con|prn|aux|nul|(com|lpt)[0-9]");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_%~-]+");

  private enum Letters {
    KEPT,
    ESCAPED
  }

  private FileNames() {}

  /** The name that an id has where nothing is in its way. */
  static String plain(String id) {
    return isPlain(id) && id.length() <= MAX_LENGTH ? id : fitting(id, escaped(id, Letters.KEPT));
  }

  /** A name that differs from the names of all other ids by more than case: letters are escaped too. */
  static String distinct(String id) {
    return fitting(id, escaped(id, Letters.ESCAPED));
  }

  /** All names that an id may have, the likeliest first. */
  static List<String> candidates(String id) {
    return isUnescaped(id)
        ? List.of(plain(id), id, distinct(id))
        : List.of(plain(id), distinct(id));
  }

  /** The id that a name stands for, or as much of it as a long one shows. */
  static String idOf(String name) {
    byte[] bytes = new byte[name.length()];
    int length = 0;
    for (int i = 0; i < name.length(); i++) {
      boolean escape = name.charAt(i) == '%' && i + 2 < name.length();
      bytes[length++] =
          (byte) (escape ? HexFormat.fromHexDigits(name, i + 1, i + 3) : name.charAt(i));
      i += escape ? 2 : 0;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** What a disk that ignores case makes of a name. */
  static String folded(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** Whether a name stands for an id; files of other names are none of ours. */
  static boolean isName(String fileName) {
    return NAME.matcher(fileName).matches();
  }

  /** Whether an id stands for itself, on disks that know no devices. */
  static boolean isUnescaped(String id) {
    return !id.isEmpty()
        && id.length() <= MAX_LENGTH
        && id.chars().allMatch(FileNames::staysAsItIs);
  }

  private static boolean isPlain(String id) {
    return isUnescaped(id) && !DEVICE.matcher(id).matches();
  }

  private static boolean staysAsItIs(int c) {
    return isLetter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  }

  private static boolean isLetter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static String escaped(String id, Letters letters) {
    byte[] bytes = utf8(id);
    StringBuilder name = new StringBuilder(bytes.length + 16);
    boolean device = DEVICE.matcher(id).matches();
    for (int i = 0; i < bytes.length; i++) {
      boolean keeps = letters == Letters.KEPT && !(device && i == 0);
      boolean escape = !staysAsItIs(bytes[i]) || (isLetter(bytes[i]) && !keeps);
      if (escape) {
        name.append('%').append(HEX.withUpperCase().toHexDigits(bytes[i]));
      } else {
        name.append((char) bytes[i]);
      }
    }
    return name.toString();
  }

  private static String fitting(String id, String escaped) {
    if (!escaped.isEmpty() && escaped.length() <= MAX_LENGTH) {
      return escaped;
    }
    return escaped.substring(0, Math.min(BEGIN_LENGTH, escaped.length())) + '~' + sha256(utf8(id));
  }

  private static byte[] utf8(String id) {
    try {
      ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(id));
      byte[] bytes = new byte[encoded.remaining()];
      encoded.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      // Encoders that put '?' in its place would give different ids one name.
      throw new IllegalArgumentException(
          "an id must not contain unpaired surrogates: '" + id + "'", e);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
