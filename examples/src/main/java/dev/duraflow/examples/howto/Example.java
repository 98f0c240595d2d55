package dev.duraflow.examples.howto;

import java.util.Arrays;

/** The command {@code duraflow example}: starts one of the examples by its name. */
public final class Example {
  private static final String USAGE = """
      usage: duraflow example NAME [options]

        retry     attempts at a server that refuses most requests
        fan-out   as many tasks as a value says that is known at run time
        loop      steps until nothing changes any more
        nested    DAGs in a DAG, with maps in them
        crawl     a crawl with limits, and a durable step for each page

      Each can be killed and started again; --help after the name lists the options.
      """;

  private Example() {}

  public static void main(String[] args) {
    String name = args.length == 0 ? "" : args[0];
    String[] options = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    switch (name) {
      case "retry" -> RetryExample.main(options);
      case "fan-out" -> FanOutExample.main(options);
      case "loop" -> LoopExample.main(options);
      case "nested" -> NestedExample.main(options);
      case "crawl" -> CrawlExample.main(options);
      case "help", "-h", "--help" -> System.out.print(USAGE);
      default -> {
        System.err.print(
            (name.isEmpty() ? "" : "duraflow example: there is no '" + name + "'\n") + USAGE);
        System.exit(2);
      }
    }
  }
}
