package dev.duraflow.dag;

import dev.duraflow.error.InvalidDagException;

/** What may be an id: anything that can be printed and encoded, so that messages and stores can name it. */
final class Ids {
  private Ids() {}

  /** @param what the thing that is named, as a message begins: {@code a task's id} */
  static String check(String id, String what) {
    checkKey(id, what);
    int bracket = Math.max(id.indexOf('['), id.indexOf(']'));
    if (bracket >= 0) {
      throw new InvalidDagException(
          what + " must not contain brackets, which name the elements of maps: '" + id + "'");
    }
    return id;
  }

  /** Like {@link #check}, but brackets may stand in the key of a map's element. */
  static String checkKey(String key, String what) {
    if (key.isEmpty()) {
      throw new InvalidDagException(what + " must not be empty");
    }
    if (key.length() > Dag.MAX_ID_LENGTH) {
      throw new InvalidDagException(what + " must have at most " + Dag.MAX_ID_LENGTH
          + " characters, and '" + printable(key.substring(0, 40)) + "...' has " + key.length());
    }
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c < ' ' || c == 0x7f || Character.isSurrogate(c)) {
        i += checkUnusual(key, i, what);
      }
    }
    return key;
  }

  /** Refuses the character at {@code i}, unless a surrogate pair begins there; answers how many more it covers. */
  private static int checkUnusual(String id, int i, String what) {
    boolean pair = Character.isHighSurrogate(id.charAt(i))
        && i + 1 < id.length()
        && Character.isLowSurrogate(id.charAt(i + 1));
    if (!pair) {
      throw new InvalidDagException(String.format(
          "%s must not contain control characters or unpaired surrogates: U+%04X at position %d of '%s'",
          what, (int) id.charAt(i), i, printable(id)));
    }
    return 1;
  }

  private static String printable(String id) {
    return id.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
  }
}
