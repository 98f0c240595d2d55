package dev.duraflow.testkit;

import java.util.List;

/** Ids that are allowed and that files, keys, patterns and quoting get wrong. */
final class AwkwardIds {
  private AwkwardIds() {}

  /** All different, though some stores may think otherwise. */
  static List<String> all() {
    String long1 = "x".repeat(9_999);
    return List.of(
        "a/b",
        "a_b",
        "a\\b",
        "a:b",
        "a b",
        "a.b",
        "ab", // one file name in careless stores
        ".",
        "..",
        "../x",
        "/",
        "/etc/passwd",
        "~",
        "-",
        "--help",
        "Load",
        "load",
        "LOAD",
        "lOAD", // one file name where case is ignored
        "con",
        "NUL",
        "com1",
        "lpt1.txt", // devices
        "trailing.",
        "trailing ",
        " leading",
        "trailing",
        "leading",
        "%",
        "%2F",
        "%252F",
        "a%2Fb",
        "100%",
        "*",
        "?",
        "%_",
        "a*",
        "${x}",
        "$(x)",
        "`x`",
        ";",
        "'",
        "''",
        "\"",
        "<>|&",
        "#",
        "=",
        ",",
        "delay[ORD]",
        "delay[a/b]",
        "delay[]",
        "delay[[x]]",
        "delay",
        "null",
        "true",
        "0",
        "00",
        "1e3",
        "é",
        "e\u0301",
        "É",
        "ß",
        "ss",
        "ı",
        "İ",
        "中文",
        "😀",
        "👩‍🚀",
        "\u202e",
        "\ufeff",
        "\uffff",
        "\u00a0",
        long1 + "1",
        long1 + "2",
        "中".repeat(10_000),
        "X".repeat(9_999) + "1");
  }
}
